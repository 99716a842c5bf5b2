"""Which machines are of one kind, and what is told of those that changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from attnbench.cluster.desk import chosen_kinds
from attnbench.cluster.drifting import drift_words, drifting, without
from attnbench.cluster.kinds import Kind, Kinds
from bench.errors import UsageError
from results.cluster_folder import Measured
from results.drift import Drift
from results.shards import divided

from ..test_several_runs import HERE, PLAIN, SE, run_of, timed

OTHER = replace(HERE, cpu="Another CPU")
MORE = replace(HERE, threads=8)


def test_machines_that_are_alike_are_one_kind() -> None:
    """Another processor, other threads and another label make another, each with a name of its own."""
    kinds = Kinds("cpu")
    names = [kinds.of(label, machine).name for label, machine in [("", HERE), ("", OTHER), ("", MORE), ("", HERE)]]
    assert names == ["cpu-example-cpu", "cpu-another-cpu", "cpu-example-cpu-8-threads", "cpu-example-cpu"]
    assert kinds.of("Quiet room", HERE).name == "quiet-room"
    assert kinds.of("Quiet room", OTHER).name == "quiet-room-2-threads"


def test_a_kind_of_an_earlier_session_is_found_again() -> None:
    """By its name and by what was recorded of its machines."""
    known = [Kind("large", MORE), Kind("cpu-example-cpu", HERE)]
    assert Kinds("cpu", known).of("", HERE) == known[1]
    assert Kinds("cpu", known).of("large", MORE) == known[0]
    assert Kinds("cpu", known).of("large", HERE).name == "large-2-threads"


def test_what_several_kinds_measure_is_said_by_the_user() -> None:
    """Each all of it, or each block any of them; one kind alone is no question."""
    one, two = Kind("a", HERE), Kind("b", OTHER)
    assert chosen_kinds([one], each_kind=False, spread=False, pattern="") is None
    assert chosen_kinds([one, two], each_kind=True, spread=False, pattern="") == (one, two)
    assert chosen_kinds([one, two], each_kind=False, spread=True, pattern="") is None
    with pytest.raises(
        UsageError, match=r"2 kinds of machines: a \(Example CPU, 2 cores\); b \(Another CPU, 2 cores\)"
    ):
        chosen_kinds([one, two], each_kind=False, spread=False, pattern="")
    with pytest.raises(UsageError, match="no machine of the cluster is of kind 'H100'"):
        chosen_kinds([], each_kind=False, spread=False, pattern="H100")


def test_blocks_of_a_machine_that_changed_are_named_and_left_out_on_request() -> None:
    """By the reference operation before and after; the others keep their places."""
    larger = [replace(case, input=case.input.with_batch(8)) for case in (PLAIN, SE)]
    run = run_of("x", *(timed(case, 0.01) for case in (PLAIN, SE, *larger)))
    run = replace(run, plan=divided(run.plan, 1, 1, lambda _: 1.0))
    drifts = {0: Drift(before_s=1e-3, after_s=1.02e-3), 1: Drift(before_s=1.2e-3, after_s=1e-3)}
    machines = {"m": Measured("k", run, drifts)}
    assert drifting(machines, 0.05) == {"m": (1,)}
    assert drift_words(machines, Path("out")).startswith("in 1 of 2 blocks the machine became more than 5%")
    left = without(machines, 0.05)["m"].run
    assert left.plan.cases == (PLAIN, SE)
    assert left.plan.shard is not None
    assert left.plan.shard.places == (0,)
    assert {outcome.case for outcome in left.outcomes} == {PLAIN, SE}
    assert without(machines, 0.25) == machines
