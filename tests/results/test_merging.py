"""Promises of runs that are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results import StoreError
from results.merging import merge
from results.records import Complexity, Failed, FailureKind, Images, Latency, Measured
from results.shards import divided

from .conftest import make_case, make_run, make_samples

if TYPE_CHECKING:
    from results.records import Case, Run

BATCHES = (1, 2, 4)


def cases_of(*batches: int, **fields: Any) -> list[Case]:
    return [
        make_case(
            implementation=name,
            input=Images(batch=batch, channels=3, height=32, width=32, num_classes=100),
            **fields,
        )
        for batch in batches
        for name in ("none", "se")
    ]


def timed(case: Case, seconds: float = 0.5) -> Measured:
    return Measured(case=case, result=Latency(samples=make_samples(seconds, seconds, seconds)))


def part(number: int, **fields: Any) -> Run:
    """Return a part of three, measured whole."""
    run = make_run(*cases_of(*BATCHES), run_id=f"part {number}", **fields)
    plan = divided(run.plan, number, 3, lambda _: 1.0)
    return replace(run, plan=plan, outcomes=tuple(map(timed, plan.cases)))


def elsewhere(run: Run) -> Run:
    return replace(run, environment=replace(run.environment, cpu="EPYC"))


def test_all_parts_are_the_plan_again() -> None:
    """In its order, whatever order they come in; nothing is missing, nothing is said."""
    merged = merge([part(3), part(1), part(2)])
    (run,) = merged.runs
    assert run.plan.cases == tuple(cases_of(*BATCHES))
    assert run.plan.shard is None
    assert {outcome.case for outcome in run.outcomes} == set(run.plan.cases)
    assert merged.notes == ()


def test_parts_that_nobody_brings_are_named() -> None:
    """Whoever put a cluster's folders together wants to know which one to look for."""
    assert merge([part(1), part(3)]).notes == ("not among them: --shard 2/3",)


def test_machines_stay_apart() -> None:
    """Two that are alike make one run; another one has its own, with its own environment."""
    merged = merge([part(1), elsewhere(part(2)), part(3)])
    assert [run.environment.cpu for run in merged.runs] == ["Xeon", "EPYC"]
    assert [len(run.outcomes) for run in merged.runs] == [4, 2]
    assert merged.notes == ()
    threads = replace(part(3), environment=replace(part(3).environment, threads=1))
    assert len(merge([part(1), threads]).runs) == 2


def test_of_a_case_that_was_measured_twice_the_first_result_counts() -> None:
    """A failure gives way to a result; times of two processes are never paired."""
    cases = cases_of(1)
    first = make_run(*cases, run_id="first")
    failed = Failed(case=cases[1], kind=FailureKind.CRASH, error="killed")
    first = replace(first, outcomes=(timed(cases[0], 1.0), failed))
    second = replace(first, run_id="second", outcomes=tuple(timed(case, 2.0) for case in cases))
    merged = merge([first, second])
    (run,) = merged.runs
    samples = {case: found.samples for case, found in run.index.results(cases, Latency).items()}
    assert [samples[case].seconds[0] for case in cases] == [1.0, 2.0]
    assert not set(samples[cases[0]].rounds) & set(samples[cases[1]].rounds)
    names = "none (latency, resnext50_16x4d), se (latency, resnext50_16x4d)"
    assert merged.notes == (f"measured twice, the first that has a result counts: {names}",)


def counted(case: Case, parameters: int) -> Measured:
    return Measured(case=case, result=Complexity(parameters=parameters, counts=(), failures=()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda run: replace(run, plan=replace(run.plan, budget_s=1.0)),
            "are not of one plan: budget_s is 5.0 and 1.0",
        ),
        (
            lambda run: replace(run, outcomes=(counted(run.plan.cases[0], 8),)),
            r"parameters of se \(complexity\) is 7 in 2026-11-21T21-40-07-latency and 8 in other; measure one of them",
        ),
        (
            lambda run: replace(run, outcomes=(counted(replace(run.plan.cases[0], source="0"), 7),)),
            "the source of se is not the same in 2026-11-21T21-40-07-latency and other; compare them",
        ),
    ],
)
def test_what_contradicts_is_refused(change: Any, message: str) -> None:
    """Settings, exact figures and sources of one plan are equal, or it is not one plan."""
    case = make_case(suite="complexity")
    run = replace(make_run(case), outcomes=(counted(case, 7),))
    with pytest.raises(StoreError, match=message):
        merge([run, change(replace(run, run_id="other"))])
