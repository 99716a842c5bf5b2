"""Promises of the index: a run's outcomes by case and by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from results.codec import decode, encode
from results.records import (
    Case,
    Complexity,
    Failed,
    FailureKind,
    FeatureMap,
    Latency,
    Logits,
    Measured,
    Memory,
    NoiseFloor,
    Run,
    Skipped,
    Subject,
    Timing,
)

if TYPE_CHECKING:
    from results.records import Outcome

CaseOf = Callable[..., Case]
RunOf = Callable[..., Run]
MeasuredOf = Callable[[Case], Measured]


def failed(case: Case) -> Failed:
    """Return an outcome without a figure."""
    return Failed(case=case, kind=FailureKind.EXCEPTION, error="ValueError: no")


@pytest.fixture
def networks(case_of: CaseOf) -> tuple[Case, ...]:
    """Return a plain network, and the same with two attentions."""
    return tuple(case_of(implementation=name, source=name) for name in ("none", "se", "psk"))


@pytest.fixture
def functions(case_of: CaseOf) -> tuple[Case, ...]:
    """Return a copy, softmax, and another function, on the same logits."""
    where = {"suite": "operators", "options": (), "host": None, "slot": None, "input": Logits(shape=(4, 10), dim=1)}
    return tuple(case_of(implementation=name, **where) for name in ("none", "softmax", "plu"))


@pytest.fixture
def attentions(case_of: CaseOf) -> tuple[Case, ...]:
    """Return three attentions alone."""
    features = FeatureMap(batch=1, channels=64, height=8, width=8)
    return tuple(case_of(implementation=name, host=None, slot=None, input=features) for name in ("se", "psk", "eca"))


def latency_of(outcome: Outcome) -> Latency:
    """Return the times of an outcome that has some."""
    assert isinstance(outcome, Measured)
    assert isinstance(outcome.result, Latency)
    return outcome.result


def test_outcomes_stand_in_plan_order(
    networks: tuple[Case, ...], case_of: CaseOf, run_of: RunOf, measured_of: MeasuredOf
) -> None:
    """Whatever the order of measuring; those of cases that are not planned come last."""
    foreign = case_of(implementation="old")
    outcomes = (failed(foreign), measured_of(networks[2]), failed(networks[0]))
    index = run_of(*networks, outcomes=outcomes).index
    assert [outcome.case for outcome in index.in_plan_order] == [networks[0], networks[2], foreign]


def test_an_outcome_is_found_by_its_case(networks: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf) -> None:
    """An equal case will do; one that was not reached has none."""
    index = run_of(*networks, outcomes=(measured_of(networks[1]),)).index
    assert index.outcomes[replace(networks[1])] == measured_of(networks[1])
    assert networks[0] not in index.outcomes


def test_each_case_has_its_block(networks: tuple[Case, ...], functions: tuple[Case, ...], run_of: RunOf) -> None:
    """That of the plan."""
    run = run_of(*networks, *functions)
    assert [run.index.block_of[case] for case in (*networks, *functions)] == [
        *[run.plan.blocks[0]] * 3,
        *[run.plan.blocks[1]] * 3,
    ]


def test_blocks_of_a_kind_are_those_of_its_suites(
    networks: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf
) -> None:
    """Also of blocks that have only failed, or are not reached; not of suites that gave something else."""
    slow, counted = (
        tuple(replace(case, **fields) for case in networks)
        for fields in ({"dtype": "float64"}, {"suite": "complexity"})
    )
    sizes = Measured(case=counted[0], result=Complexity(parameters=1, counts=()))
    run = run_of(*networks, *slow, *counted, outcomes=(measured_of(networks[0]), sizes))
    assert [block.cases for block in run.index.blocks_with(Latency)] == [networks, slow]
    assert [block.cases for block in run.index.blocks_with(Complexity)] == [counted]
    assert run.index.blocks_with(Memory) == ()
    assert [run.index.has(kind) for kind in (Latency, Complexity, Memory)] == [True, True, False]


def test_reached_are_the_outcomes_so_far(networks: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf) -> None:
    """In the order of the block's cases."""
    outcomes = (measured_of(networks[2]), failed(networks[0]))
    run = run_of(*networks, outcomes=outcomes)
    assert run.index.reached(run.plan.blocks[0]) == (outcomes[1], outcomes[0])


def test_results_are_of_one_kind(networks: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf) -> None:
    """Neither what failed, nor what was skipped, nor what has something else."""
    plain, se, psk = networks
    counted = replace(plain, suite="complexity")
    sizes = Complexity(parameters=1, counts=())
    outcomes = (measured_of(plain), failed(se), Skipped(case=psk, reason="no"), Measured(case=counted, result=sizes))
    index = run_of(*networks, counted, outcomes=outcomes).index
    assert index.results((*networks, counted), Latency) == {plain: latency_of(outcomes[0])}
    assert index.results((*networks, counted), Complexity) == {counted: sizes}


def test_a_case_is_divided_by_its_own_baseline(
    networks: tuple[Case, ...], functions: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf
) -> None:
    """By the plain network, or softmax; and held against the copy of its block."""
    outcomes = tuple(measured_of(case) for case in (*networks, *functions))
    index = run_of(*networks, *functions, outcomes=outcomes).index
    assert index.baseline_of(networks[1]) == latency_of(outcomes[0])
    assert index.copy_of(networks[1]) is None
    assert index.baseline_of(functions[2]) == latency_of(outcomes[4])
    assert index.copy_of(functions[2]) == latency_of(outcomes[3])


def test_a_baseline_that_was_not_timed_divides_nothing(
    networks: tuple[Case, ...], case_of: CaseOf, run_of: RunOf, measured_of: MeasuredOf
) -> None:
    """It failed, or is not reached, or the case is not planned; the block's baseline it stays."""
    foreign = case_of(implementation="old", dtype="float64")
    for outcomes in ((failed(networks[0]), measured_of(networks[1])), (measured_of(networks[1]),)):
        run = run_of(*networks, outcomes=outcomes)
        assert run.index.baseline_of(networks[1]) is None
        assert run.index.baseline_of(foreign) is None
        assert run.index.baseline(run.plan.blocks[0]) == networks[0]


def test_figures_are_found_once(networks: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf) -> None:
    """Medians and ratios, for however many tables; of what was not timed there are none."""
    index = run_of(*networks, outcomes=tuple(measured_of(case) for case in networks[:2])).index
    assert index.estimate(networks[1]) is index.estimate(networks[1])
    assert index.ratio(networks[1], networks[0]) is index.ratio(networks[1], networks[0])
    with pytest.raises(KeyError):
        index.estimate(networks[2])
    with pytest.raises(KeyError):
        index.ratio(networks[1], networks[2])


def test_an_attention_alone_that_failed_divides_nothing(
    attentions: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf
) -> None:
    """The next one takes its place; one that is not reached yet may still be the baseline."""
    broken = run_of(*attentions, outcomes=(failed(attentions[0]), *map(measured_of, attentions[1:])))
    assert broken.index.baseline(broken.plan.blocks[0]) == attentions[1]
    assert broken.index.baseline_of(attentions[2]) == latency_of(broken.outcomes[1])
    growing = run_of(*attentions, outcomes=(measured_of(attentions[1]),))
    assert growing.index.baseline(growing.plan.blocks[0]) == attentions[0]
    assert growing.index.baseline_of(attentions[1]) is None


def test_another_run_has_another_index(networks: tuple[Case, ...], run_of: RunOf, measured_of: MeasuredOf) -> None:
    """What was found of a run stays with it, and is no part of the record."""
    run = run_of(*networks, outcomes=(measured_of(networks[0]),))
    assert run.index is run.index
    assert run.index.outcomes
    later = replace(run, outcomes=())
    assert not later.index.outcomes
    assert replace(later, outcomes=run.outcomes) == run
    assert decode(Run, encode(run)) == run


def floor(
    relative: float, device: str = "cpu", timing: Timing = Timing.HOT, subject: Subject = Subject.NETWORK
) -> NoiseFloor:
    """Return a noise floor of a place."""
    return NoiseFloor(
        relative=relative, pairs=40, seconds_per_call=0.002, builds=6, device=device, timing=timing, subject=subject
    )


def test_each_device_timing_and_kind_has_its_own_noise_floor(run_of: RunOf, case_of: CaseOf) -> None:
    """What was not measured has none."""
    floors = (
        floor(0.01),
        floor(0.03, "cuda:0"),
        floor(0.04, "cuda:0", Timing.COLD),
        floor(0.06, subject=Subject.OP),
    )
    cpu = case_of(device="cpu")
    index = run_of(cpu, noise_floors=floors).index
    assert index.noise_floor(cpu) == floors[0]
    assert index.noise_floor(replace(cpu, device="cuda:0")) == floors[1]
    assert index.noise_floor(replace(cpu, device="cuda:0", timing=Timing.COLD)) == floors[2]
    assert index.noise_floor(replace(cpu, input=Logits(shape=(1, 2), dim=1))) == floors[3]
    assert index.noise_floor(replace(cpu, device="cuda:1")) is None
    assert index.noise_floor(replace(cpu, input=FeatureMap(batch=1, channels=2, height=4, width=4))) is None


def test_of_several_sessions_the_largest_noise_floor_counts(run_of: RunOf, case_of: CaseOf) -> None:
    """A table holds samples of all of them."""
    floors = (floor(0.01), floor(0.05), floor(0.02))
    assert run_of(case_of(), noise_floors=floors).index.noise_floor(case_of()) == floors[1]
