"""What a run says of a published table of speeds: for each column and row the time here, and its paired ratios."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, assert_never

from reporting import describe
from reporting.published.speeds import Calls, Epochs
from reporting.speed_tables import Measured, Timed, Untimed
from results.epochs import epoch
from results.records import Batches, Latency
from results.records import Measured as MeasuredCase
from results.stats import estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reporting.published.speeds import Column, Row
    from results.records import Case, Run
    from results.stats import Ratio

    from .paper_speeds import SpeedPlan


def measured_columns(planned: SpeedPlan, run: Run) -> tuple[Measured, ...]:
    """Return what a run says of each measured column of its table.

    Args:
        planned: the plan of the run.
        run: the run, with the outcomes that there are.

    """
    found = ((column, column.how) for column in planned.published.columns)
    return tuple(_measured(planned, run, column, how) for column, how in found if how is not None)


def _measured(planned: SpeedPlan, run: Run, column: Column, how: Calls | Epochs) -> Measured:
    cases = {name: case for (key, name), case in planned.cases.items() if key == column.key}
    any_case = next(iter(cases.values()))
    floor = run.index.noise_floor(any_case)
    rows = (*planned.published.rows, *planned.published.added)
    return Measured(
        column=column,
        how=f"{how_words(how, any_case)}, {any_case.dtype}, {describe.machine(run.environment, any_case)}",
        noise=None if floor is None else floor.relative,
        rows={row.name: _row(planned, run, cases, row) for row in rows},
        pairs=_pairs(run, cases, rows),
    )


def how_words(how: Calls | Epochs, case: Case) -> str:
    """Return what a column's figures are of here, and in what that is another thing than the paper's.

    Args:
        how: what the paper measured.
        case: any of the column's.

    """
    batch = f"batch {case.input.batch}"
    match how:
        case Calls():
            fewer = "" if case.input.batch == how.batch else f" (the paper's: {how.batch} on each device)"
            return f"{how.direction}, {batch}{fewer}, {describe.input_words(case)}"
        case Epochs():
            works_on = case.input
            if not isinstance(works_on, Batches):
                msg = f"{describe.full_name(case)} has no epochs"
                raise TypeError(msg)
            other = "" if works_on.dataset == how.dataset else f" in place of {how.dataset}"
            fewer = "" if works_on.batch == how.batch else f" (the paper's: {how.batch})"
            return (
                f"an epoch of {how.phase} on {works_on.data_words}{other}, recipe {works_on.recipe}, {batch}{fewer}, "
                f"{describe.input_words(case)}"
            )
        case _:
            assert_never(how)


def _row(planned: SpeedPlan, run: Run, cases: Mapping[str, Case], row: Row) -> Timed | Untimed:
    if row.name in planned.missing:
        return Untimed(reason=planned.missing[row.name], built=False)
    case = cases[row.name]
    outcome = run.index.outcomes.get(case)
    if outcome is None:
        return Untimed(reason="not reached")
    if not isinstance(outcome, MeasuredCase):
        return Untimed(reason=describe.outcome_words(outcome))
    latency = outcome.result
    if not isinstance(latency, Latency):
        msg = f"{describe.full_name(case)} was not timed"
        raise TypeError(msg)
    if isinstance(case.input, Batches):
        whole = epoch(case.input, latency.samples)
        return Timed(
            seconds=whole.seconds,
            low_s=whole.low_s,
            high_s=whole.high_s,
            images=case.input.images,
            words="whole" if whole.is_whole else f"({whole.timed} of {round(whole.steps)} steps)",
        )
    found = estimate(latency.samples)
    return Timed(
        seconds=found.median_s,
        low_s=found.low_s,
        high_s=found.high_s,
        images=case.input.batch,
    )


def _pairs(run: Run, cases: Mapping[str, Case], rows: Sequence[Row]) -> dict[tuple[str, str], Ratio]:
    """Return the paired ratio of every two rows that are divided by the same one, the later over the earlier."""
    timed = run.index.results(cases.values(), Latency)
    found: dict[tuple[str, str], Ratio] = {}
    for earlier, later in combinations((row for row in rows if cases.get(row.name) in timed), 2):
        if earlier.first == later.first:
            above, below = (timed[cases[row.name]].samples for row in (later, earlier))
            paired = ratio(above, below)
            if paired is not None:
                found[later.name, earlier.name] = paired
    return found
