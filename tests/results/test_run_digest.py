"""The digest of a run: of all that was recorded, and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from results import load
from results.codec import CodecError
from results.records import Failed, FailureKind, Latency, Measured
from results.run_digest import run_digest
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Run, Samples


@pytest.fixture
def run(case_of: Callable[..., Case], run_of: Callable[..., Run], samples_of: Callable[..., Samples]) -> Run:
    """Return a run of three cases, one of which failed with a long message, with whole numbers in place of floats."""
    cases = [case_of(implementation=name) for name in ("none", "se", "eca")]
    made = run_of(
        *cases,
        outcomes=(
            *(Measured(case=case, result=Latency(samples=samples_of(1, 0.25, 2))) for case in cases[:2]),
            Failed(case=cases[2], kind=FailureKind.EXCEPTION, error="no " * 1_000),
        ),
    )
    return replace(made, plan=replace(made.plan, budget_s=5))


def test_a_run_has_the_same_digest_in_memory_and_in_its_folder(run: Run, tmp_path: Path) -> None:
    """Whole numbers that were given for floats, and long messages, are no difference."""
    RunStore.create(tmp_path / "run", run).close()
    assert run_digest(load(tmp_path / "run")) == run_digest(run)


def test_the_digest_is_what_it_was(run: Run) -> None:
    """What a paper has cited stays true: a digest that changes with attnbench would tell nothing."""
    assert run_digest(run) == "7b51de733e60d41e"


def test_the_order_of_the_outcomes_is_no_difference(run: Run) -> None:
    """Cases finish in any order, and a resumed run has other lines last."""
    assert run_digest(replace(run, outcomes=run.outcomes[::-1])) == run_digest(run)


def test_whatever_is_changed_changes_it(run: Run, samples_of: Callable[..., Samples]) -> None:
    """A sample, an outcome, the plan, the machine."""
    first, second, third = run.outcomes
    sample = Measured(case=first.case, result=Latency(samples=samples_of(1, 0.25, 2.000000001)))
    others = (
        replace(run, outcomes=(sample, second, third)),
        replace(run, outcomes=(first, second)),
        replace(run, plan=replace(run.plan, seed=8)),
        replace(run, environment=replace(run.environment, threads=1)),
        replace(run, run_id="another"),
    )
    assert len({run_digest(each) for each in (run, *others)}) == 6


def test_what_no_folder_can_hold_has_no_digest(run: Run, samples_of: Callable[..., Samples]) -> None:
    """NaN has no JSON."""
    broken = Measured(case=run.outcomes[0].case, result=Latency(samples=samples_of(float("nan"))))
    with pytest.raises(CodecError, match="is nan"):
        run_digest(replace(run, outcomes=(broken,)))
