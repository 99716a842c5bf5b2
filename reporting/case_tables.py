"""Every case with all its figures, a table a kind of result: what the page has to sort and to filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.records import (
    Complexity,
    Errors,
    Failed,
    Frontiers,
    Latency,
    Measured,
    Memory,
    StopReason,
    Training,
)
from results.stats import estimate

from . import describe
from .again import again
from .cells import BLANK, EMPTY, Kind, Quantity, count
from .table import Table, number, text
from .units import format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from results.records import ErrorAtScale, Outcome, Result, Run

    from .cells import Cell
    from .table import Column

    #: A column, and its cell of a result.
    _Shown = tuple[Column, Callable[[Result], Cell]]

#: More rows would make a page that no browser likes; the CSV files have all.
MOST_CASES = 2_000
STOPPED = {StopReason.PRECISION: "precision reached", StopReason.BUDGET: "budget spent"}


class _Form(NamedTuple):
    """How the results of one kind are shown."""

    title: str
    result: type[Result]
    columns: Callable[[Sequence[Result]], list[_Shown]]
    """Of the results that are shown."""


def case_tables(run: Run) -> tuple[Table, ...]:
    """Return a table a kind of result with every case, in plan order, then those without a result.

    At most MOST_CASES have a row; captions say how many more there are.
    """
    outcomes = run.index.in_plan_order
    shown = outcomes[:MOST_CASES]
    tables = [_table(run, form, shown) for form in FORMS]
    lost = [outcome for outcome in shown if not isinstance(outcome, Measured)]
    found = [table for table in (*tables, _lost(run, lost)) if table is not None]
    left_out = len(outcomes) - len(shown)
    if left_out:
        found.append(Table(title=f"{left_out} more cases", caption="The CSV files have them.", columns=(), rows=()))
    return tuple(found)


def _table(run: Run, form: _Form, outcomes: Iterable[Outcome]) -> Table | None:
    found = [
        (each.case, each.result)
        for each in outcomes
        if isinstance(each, Measured) and isinstance(each.result, form.result)
    ]
    if not found:
        return None
    columns = form.columns([result for _, result in found])
    return Table(
        title=f"{form.title}: {describe.plural(len(found), 'case')}",
        caption="The command measures the case again, beside its baseline.",
        columns=(text("case"), *(column for column, _ in columns), text("again")),
        rows=tuple(
            (describe.full_name(case), *(cell(result) for _, cell in columns), again(case, run.plan.plugins))
            for case, result in found
        ),
    )


def _lost(run: Run, outcomes: Sequence[Outcome]) -> Table | None:
    if not outcomes:
        return None
    return Table(
        title=f"Without a result: {describe.plural(len(outcomes), 'case')}",
        columns=(text("suite"), text("case"), text("outcome"), text("what happened"), text("again")),
        rows=tuple(
            (
                outcome.case.suite,
                describe.full_name(outcome.case),
                "failed" if isinstance(outcome, Failed) else "skipped",
                BLANK if isinstance(outcome, Measured) else describe.outcome_words(outcome),
                again(outcome.case, run.plan.plugins),
            )
            for outcome in outcomes
        ),
        keys=2,
    )


def _of_latency(results: Sequence[Result]) -> list[_Shown]:
    del results

    def time(result: Result) -> Cell:
        assert isinstance(result, Latency)  # noqa: S101 - the form says so
        found = estimate(result.samples)
        return Quantity(value=found.median_s, kind=Kind.SECONDS, low=found.low_s, high=found.high_s)

    return [
        (number("latency"), time),
        (number("samples"), lambda each: count(len(each.samples.seconds)) if isinstance(each, Latency) else EMPTY),
        (text("stopped"), lambda each: STOPPED[each.samples.stop] if isinstance(each, Latency) else EMPTY),
    ]


def _of_complexity(results: Sequence[Result]) -> list[_Shown]:
    rules = dict.fromkeys(
        (counted.rule, counted.unit) for each in results if isinstance(each, Complexity) for counted in each.counts
    )

    def total(rule: str) -> Callable[[Result], Cell]:
        def cell(result: Result) -> Cell:
            counts = result.counts if isinstance(result, Complexity) else ()
            found = [counted.total for counted in counts if counted.rule == rule]
            return _operations(found[0]) if found else EMPTY

        return cell

    return [
        (
            number("parameters (M)"),
            lambda each: _operations(each.parameters) if isinstance(each, Complexity) else EMPTY,
        ),
        *((number(f"{rule} {unit}s (M)"), total(rule)) for rule, unit in rules),
    ]


def _of_memory(results: Sequence[Result]) -> list[_Shown]:
    fields = {
        "saved_bytes": "saved for backward",
        "peak_live_bytes": "peak live",
        "read_bytes": "read",
        "written_bytes": "written",
        "allocated_bytes": "allocated",
        "reserved_bytes": "reserved",
    }
    known = {
        field: title for field, title in fields.items() if any(getattr(each, field) is not None for each in results)
    }

    def size(field: str) -> Callable[[Result], Cell]:
        return lambda each: (
            EMPTY if getattr(each, field) is None else Quantity(value=getattr(each, field), kind=Kind.BYTES)
        )

    return [
        *((number(title), size(field)) for field, title in known.items()),
        (number("operators"), lambda each: count(each.operators) if isinstance(each, Memory) else EMPTY),
    ]


def _of_frontiers(results: Sequence[Result]) -> list[_Shown]:
    patterns = dict.fromkeys(
        frontier.pattern for each in results if isinstance(each, Frontiers) for frontier in each.patterns
    )

    def limit(pattern: str) -> Callable[[Result], Cell]:
        def cell(result: Result) -> Cell:
            frontiers = result.patterns if isinstance(result, Frontiers) else ()
            found = next((each for each in frontiers if each.pattern == pattern), None)
            if found is None:
                return EMPTY
            if found.failure is None:
                return "never"
            words = str(found.failure)
            if found.threshold is None:
                return words
            return Quantity(value=found.threshold, kind=Kind.INPUT, words=words)

        return cell

    return [(number(pattern), limit(pattern)) for pattern in patterns]


def _of_errors(results: Sequence[Result]) -> list[_Shown]:
    scales = sorted({error.scale for each in results if isinstance(each, Errors) for error in each.scales})

    def ulps(scale: float, of: Callable[[ErrorAtScale], float | None]) -> Callable[[Result], Cell]:
        def cell(result: Result) -> Cell:
            errors = result.scales if isinstance(result, Errors) else ()
            found = [of(error) for error in errors if error.scale == scale]
            return EMPTY if not found or found[0] is None else Quantity(value=found[0], kind=Kind.INPUT)

        return cell

    return [
        column
        for scale in scales
        for column in (
            (number(f"median at scale {format_value(scale)} (ulp)"), ulps(scale, lambda error: error.median_ulps)),
            (number(f"worst at scale {format_value(scale)} (ulp)"), ulps(scale, lambda error: error.max_ulps)),
        )
    ]


def _of_training(results: Sequence[Result]) -> list[_Shown]:
    del results
    return [
        (number("test accuracy"), _accuracy(lambda each: each.last_accuracy)),
        (number("best"), _accuracy(lambda each: each.best_accuracy)),
        (
            number("time"),
            lambda each: Quantity(value=each.seconds, kind=Kind.SECONDS) if isinstance(each, Training) else EMPTY,
        ),
    ]


def _accuracy(of: Callable[[Training], float]) -> Callable[[Result], Cell]:
    return lambda each: Quantity(value=of(each), kind=Kind.SHARE) if isinstance(each, Training) else EMPTY


def _operations(total: int) -> Quantity:
    return Quantity(value=total, kind=Kind.OPERATIONS)


#: In the order of the page.
FORMS = (
    _Form("Sizes", Complexity, _of_complexity),
    _Form("Times", Latency, _of_latency),
    _Form("Memory", Memory, _of_memory),
    _Form("Limits", Frontiers, _of_frontiers),
    _Form("Errors", Errors, _of_errors),
    _Form("Trainings", Training, _of_training),
)
