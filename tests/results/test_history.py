"""Promises of a history: runs in the order of time, and the first run of every change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results.history import history
from results.records import Case, Complexity, Failed, FailureKind, Latency, Measured, Outcome, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from results.history import Series

STEADY = (1.00, 1.02, 0.99, 1.01, 0.98, 1.00, 1.03, 0.97)


@pytest.fixture
def runs_of(run_of: Callable[..., Run]) -> Callable[..., list[Run]]:
    """Build one run an outcome, a day apart, each of a commit of its own: ``c1``, ``c2``, ..."""

    def make(outcomes: Sequence[Outcome], **environment: Any) -> list[Run]:
        found = []
        for day, outcome in enumerate(outcomes, start=1):
            run = run_of(outcome.case, outcomes=(outcome,))
            where = replace(run.environment, commit=f"c{day}", **environment)
            at = f"2026-01-{day:02}T00:00:00+00:00"
            found.append(replace(run, run_id=f"run {day}", started_at=at, environment=where))
        return found

    return make


@pytest.fixture
def times(case_of: Callable[..., Case], samples_of: Callable[..., Any]) -> Callable[..., list[Outcome]]:
    """Build one outcome a median."""

    def make(*medians: float) -> list[Outcome]:
        return [Measured(case=case_of(), result=Latency(samples=samples_of(*[each] * 8))) for each in medians]

    return make


def sizes(case: Case, *parameters: int) -> list[Outcome]:
    """Return one outcome a number of parameters."""
    return [Measured(case=case, result=Complexity(parameters=number, counts=())) for number in parameters]


def only(found: Sequence[Series]) -> Series:
    """Return the one series."""
    (series,) = found
    return series


def test_a_step_of_a_time_is_found_at_its_first_run(
    runs_of: Callable[..., list[Run]], times: Callable[..., list[Outcome]]
) -> None:
    """Whatever the order in which runs are given; before and after are means."""
    runs = runs_of(times(*STEADY, *(1.5 * each for each in STEADY)))
    found = history(reversed(runs))
    (step,) = only(found.series).steps
    assert (step.before, step.run, found.runs[step.run].environment.commit) == (7, 8, "c9")
    assert step.old == pytest.approx(1.0)
    assert step.new == pytest.approx(1.5)
    assert step.ratio == pytest.approx(1.5)
    assert step.p_value is not None
    assert step.p_value <= 0.01


def test_steady_times_have_no_change(runs_of: Callable[..., list[Run]], times: Callable[..., list[Outcome]]) -> None:
    """Noise is no step."""
    assert only(history(runs_of(times(*STEADY, *reversed(STEADY)))).series).steps == ()


def test_exact_quantities_change_wherever_they_differ(
    runs_of: Callable[..., list[Run]], case_of: Callable[..., Case]
) -> None:
    """By one parameter, in the last of three runs, without a p-value."""
    (step,) = only(history(runs_of(sizes(case_of(), 600, 600, 601))).series).steps
    assert (step.before, step.run, step.old, step.new, step.p_value) == (1, 2, 600, 601, None)


def test_a_run_without_the_case_is_a_gap(runs_of: Callable[..., list[Run]], case_of: Callable[..., Case]) -> None:
    """The change is of the runs on both sides of it."""
    case, other = case_of(), case_of(implementation="eca")
    outcomes = [*sizes(case, 600), *sizes(other, 5), *sizes(case, 700)]
    series = next(each for each in history(runs_of(outcomes)).series if each.case.implementation == "se")
    assert [None if point is None else point.value for point in series.points] == [600, None, 700]
    assert [(step.before, step.run) for step in series.steps] == [(0, 2)]


def test_a_case_that_fails_is_a_change(runs_of: Callable[..., list[Run]], case_of: Callable[..., Case]) -> None:
    """What came of a case is exact too; a case that never changes has no such series."""
    failed = Failed(case=case_of(), kind=FailureKind.NAN, error="NaN")
    by_name = {each.figure.quantity: each for each in history(runs_of([*sizes(case_of(), 600), failed])).series}
    (step,) = by_name["outcome"].steps
    assert (step.old, step.new) == ("measured", "failed: NaN output")
    assert [each.figure.quantity for each in history(runs_of(sizes(case_of(), 1, 1))).series] == ["parameters"]


def test_two_machines_are_two_series_of_a_time_and_one_of_a_size(
    runs_of: Callable[..., list[Run]], times: Callable[..., list[Outcome]], case_of: Callable[..., Case]
) -> None:
    """A slower processor is no slower code."""
    fast, slow = runs_of(times(1.0)), runs_of(times(3.0), cpu="another")
    assert len(history([*fast, replace(slow[0], run_id="slow")]).series) == 2
    here, there = runs_of(sizes(case_of(), 1)), runs_of(sizes(case_of(), 1), cpu="another")
    assert len(history([*here, replace(there[0], run_id="there")]).series) == 1


def test_a_run_that_is_given_twice_counts_once(
    runs_of: Callable[..., list[Run]], times: Callable[..., list[Outcome]]
) -> None:
    """As where a folder and a run in it are named."""
    runs = runs_of(times(1.0))
    assert len(history([*runs, *runs]).runs) == 1
