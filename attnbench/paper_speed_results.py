"""What a run says of a published table of speeds: for each column and row the time here, and its paired ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting import describe
from reporting.published.speeds import Calls
from reporting.speed_tables import Measured, Timed, Untimed
from results.records import Latency
from results.records import Measured as MeasuredCase
from results.stats import estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporting.published.speeds import Column, Row
    from results.records import Case, Run

    from .paper_speeds import SpeedPlan


def measured_columns(planned: SpeedPlan, run: Run) -> tuple[Measured, ...]:
    """Return what a run says of each measured column of its table.

    Args:
        planned: the plan of the run.
        run: the run, with the outcomes that there are.

    """
    return tuple(_measured(planned, run, column) for column in planned.published.columns if column.how is not None)


def _measured(planned: SpeedPlan, run: Run, column: Column) -> Measured:
    cases = {name: case for (key, name), case in planned.cases.items() if key == column.key}
    any_case = next(iter(cases.values()))
    floor = run.index.noise_floor(any_case)
    rows = (*planned.published.rows, *planned.published.added)
    return Measured(
        column=column,
        how=f"{_how_words(column, any_case)}, {any_case.dtype}, {describe.machine(run.environment, any_case)}",
        noise=None if floor is None else floor.relative,
        rows={row.name: _row(planned, run, cases, row) for row in rows},
    )


def _how_words(column: Column, case: Case) -> str:
    match column.how:
        case Calls(direction=direction, batch=batch):
            fewer = "" if case.input.batch == batch else f" (the paper's: {batch} on each device)"
            return f"{direction}, batch {case.input.batch}{fewer}, {describe.input_words(case)}"
        case _:
            msg = f"{column.key} is not measured"
            raise ValueError(msg)


def _row(planned: SpeedPlan, run: Run, cases: Mapping[str, Case], row: Row) -> Timed | Untimed:
    if row.name in planned.missing:
        return Untimed(reason=planned.missing[row.name], built=False)
    case = cases[row.name]
    outcome = run.index.outcomes.get(case)
    if not isinstance(outcome, MeasuredCase) or not isinstance(outcome.result, Latency):
        reason = (
            "not reached" if outcome is None or isinstance(outcome, MeasuredCase) else describe.outcome_words(outcome)
        )
        return Untimed(reason=reason)
    samples = outcome.result.samples
    found = estimate(samples)

    def to(name: str) -> Latency | None:
        others = run.index.results([cases[name]] if name in cases else [], Latency)
        return next(iter(others.values()), None)

    first, beside = to(row.first) if row.name != row.first else None, to(row.beside)
    return Timed(
        seconds=found.median_s,
        low_s=found.low_s,
        high_s=found.high_s,
        images=case.input.batch,
        ratio=None if first is None else ratio(samples, first.samples),
        beside=None if beside is None else ratio(samples, beside.samples),
    )
