"""Promises of a comparison: the same cases side by side, ratios only of what was paired with an interval."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, get_args

import pytest
from msgspec.structs import replace

from results.comparison import change, compare
from results.figures import Figure
from results.frame import LAYOUTS, figures_of
from results.numerics import Fault
from results.records import (
    Case,
    Complexity,
    Count,
    ErrorAtScale,
    Errors,
    Failed,
    FailureKind,
    Frontier,
    Frontiers,
    Latency,
    Measured,
    Memory,
    Outcome,
    Result,
    Run,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable


COUNTED = Complexity(parameters=600, counts=(Count(rule="fvcore", unit=Unit.MAC, total=2000, by_operator=()),))
RESULTS: dict[type[Any], Any] = {
    Complexity: COUNTED,
    Memory: Memory(saved_bytes=1, peak_live_bytes=2, read_bytes=3, written_bytes=4, operators=5, process_bytes=6),
    Frontiers: Frontiers(
        patterns=(
            Frontier(pattern="one large", threshold=11.0, failure=Fault.INF),
            Frontier(pattern="all equal"),
            Frontier(pattern="one NaN", failure=Fault.NAN),
        )
    ),
    Errors: Errors(
        scales=(
            ErrorAtScale(
                scale=1.0,
                elements=9,
                not_finite=0,
                below_normal=2,
                max_relative=1e-3,
                median_relative=1e-4,
                max_ulps=None,
                median_ulps=None,
            ),
        )
    ),
}


@pytest.fixture
def timed(case_of: Callable[..., Case], samples_of: Callable[..., Any], run_of: Callable[..., Run]) -> Any:
    """Build a run of SE and the plain network, from the seconds of both."""

    def make(se: list[float], plain: list[float], **fields: Any) -> Run:
        cases = (case_of(implementation="none", slot=None, options=()), case_of(**fields))
        taken = (plain, se)
        outcomes = tuple(
            Measured(case=case, result=Latency(samples=samples_of(*seconds)))
            for case, seconds in zip(cases, taken, strict=True)
        )
        return run_of(*cases, outcomes=outcomes)

    return make


def rows_of(*runs: Run) -> dict[tuple[str, str], Any]:
    """Return the rows of a comparison by implementation and quantity."""
    return {(row.case.implementation, row.figure.quantity): row for row in compare(runs).rows}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Complexity, [("parameters", 600, True), ("MACs (fvcore)", 2000, True)]),
        (
            Memory,
            [
                *(("saved bytes", 1, True), ("peak live bytes", 2, True), ("read bytes", 3, True)),
                *(("written bytes", 4, True), ("operators", 5, True), ("process bytes", 6, False)),
            ],
        ),
        (
            Frontiers,
            [
                ("overflow threshold (one large)", 11.0, True),
                ("overflow threshold (all equal)", "never", True),
                ("overflow threshold (one NaN)", "NaN", True),
            ],
        ),
        (
            Errors,
            [
                ("largest relative error (scale 1)", 1e-3, True),
                ("median relative error (scale 1)", 1e-4, True),
                ("elements not finite (scale 1)", 0, True),
                ("elements below normal (scale 1)", 2, True),
            ],
        ),
    ],
)
def test_figures_of_a_kind(
    kind: type[Any], expected: list[Any], case_of: Callable[..., Case], run_of: Callable[..., Run]
) -> None:
    """Each by its name; what an allocator decides is not exact, and what is not known is left out."""
    run = run_of(case_of())
    found = figures_of(run.index, Measured(case=case_of(), result=RESULTS[kind]))
    assert [(each.quantity, each.value, each.exact) for each in found] == expected


def test_every_kind_of_result_has_figures() -> None:
    """A new kind is not forgotten in a comparison."""
    assert set(LAYOUTS) == set(get_args(Result))


def test_ratios_inside_runs_are_compared_with_an_interval(timed: Callable[..., Run]) -> None:
    """Both runs' noise is in it, none of the drift between them: the second machine is three times as slow."""
    before = timed([1.1] * 8, [1.0] * 8)
    after = timed([3.96] * 8, [3.0] * 8)
    found = rows_of(before, after)["se", "ratio to plain"].change(1)
    assert found.ratio == pytest.approx(1.2)
    assert (found.low, found.high, found.unpaired) == (pytest.approx(1.2), pytest.approx(1.2), False)


def test_times_of_two_runs_have_a_ratio_without_an_interval(timed: Callable[..., Run]) -> None:
    """It is marked as unpaired: an interval of samples would leave out what the machine did meanwhile."""
    found = rows_of(timed([1.0] * 8, [1.0] * 8), timed([3.0] * 8, [1.0] * 8))["se", "latency"].change(1)
    assert (found.difference, found.ratio, found.low, found.high, found.unpaired) == (2.0, 3.0, None, None, True)


def test_intervals_add_as_independent_errors_do() -> None:
    """On logarithms: two intervals of a factor of e to each side make one of e to the power of the root of two."""
    e = 2.718281828459045
    figure = Figure(quantity="ratio to plain", unit="ratio", value=1.0, low=1 / e, high=e, paired=True)
    found = change(figure, figure)
    assert found is not None
    assert found.low == pytest.approx(e ** -sqrt(2))
    assert found.high == pytest.approx(e ** sqrt(2))


def test_a_changed_source_is_the_same_row(timed: Callable[..., Run]) -> None:
    """It is said; other threads are the same row too, since the machines' differences name them."""
    before, after = timed([1.0] * 8, [1.0] * 8), timed([2.0] * 8, [1.0] * 8, source="beef", threads=8)
    rows = rows_of(before, after)
    assert rows["se", "latency"].source_differs
    assert not rows["none", "latency"].source_differs


def test_a_case_of_one_run_only_is_in_no_row(timed: Callable[..., Run]) -> None:
    """It is listed by its run."""
    found = compare([timed([1.0] * 8, [1.0] * 8), timed([1.0] * 8, [1.0] * 8, implementation="eca")])
    assert {row.case.implementation for row in found.rows} == {"none"}
    assert [[case.implementation for case in cases] for cases in found.only] == [["se"], ["eca"]]


def test_a_failure_stands_where_its_figure_would(
    timed: Callable[..., Run], case_of: Callable[..., Case], run_of: Callable[..., Run]
) -> None:
    """A case that failed in all runs has no row, and is listed."""
    failed = Failed(case=case_of(), kind=FailureKind.OUT_OF_MEMORY, error="no memory")
    broken = run_of(case_of(), outcomes=(failed,))
    row = rows_of(timed([1.0] * 8, [1.0] * 8), broken)["se", "latency"]
    assert row.sides[1] == failed
    assert row.change(1) is None
    assert compare([broken, broken]).without_figures == (case_of(),)


def counted(run_of: Callable[..., Run], case: Case, *parameters: int) -> list[Run]:
    """Return one run a number of parameters."""
    found = []
    for number in parameters:
        outcome: Outcome = Measured(case=case, result=replace(COUNTED, parameters=number))
        found.append(run_of(case, outcomes=(outcome,)))
    return found


def test_exact_figures_differ_wherever_they_do(run_of: Callable[..., Run], case_of: Callable[..., Case]) -> None:
    """By a single parameter of many."""
    rows = rows_of(*counted(run_of, case_of(suite="complexity"), 600, 601))
    assert rows["se", "parameters"].differs(1)
    assert rows["se", "parameters"].change(1).difference == 1
    assert not rows["se", "MACs (fvcore)"].differs(1)
