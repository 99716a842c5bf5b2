"""What the page has beside the report: every case with the command that measures it again, machine, noise floors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Failed, Latency, Measured, StopReason
from results.stats import estimate

from . import describe
from .again import again
from .cells import BLANK, EMPTY, Kind, Quantity, count
from .document import Section
from .environment_tables import environment_words
from .table import Table, number, text
from .units import format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Outcome, Run

    from .cells import Cell

#: More rows would make a page that no browser likes; the CSV files have all.
MOST_CASES = 2_000
STOPPED = {StopReason.PRECISION: "precision reached", StopReason.BUDGET: "budget spent"}


def detail_sections(run: Run) -> tuple[Section, ...]:
    """Return every case, the noise floors and the machine."""
    return tuple(section for section in (_cases(run), _noise_floors(run), _environment(run)) if section is not None)


def _cases(run: Run) -> Section | None:
    outcomes = run.index.in_plan_order
    if not outcomes:
        return None
    shown = outcomes[:MOST_CASES]
    left_out = len(outcomes) - len(shown)
    table = Table(
        title=f"{describe.plural(len(shown), 'case')}" + (f" of {len(outcomes)}" if left_out else ""),
        caption="Latency: the median [its 95% interval] of the samples. The command measures the case again, "
        "beside its baseline." + (f"\n{left_out} more are in the CSV files." if left_out else ""),
        columns=(text("suite"), text("case"), number("latency"), number("samples"), text("stopped"), text("again")),
        rows=tuple(_case_row(outcome, run) for outcome in shown),
    )
    return Section(title="Every case", tables=(table,))


def _case_row(outcome: Outcome, run: Run) -> tuple[Cell, ...]:
    case = outcome.case
    return (case.suite, describe.full_name(case), *_measured(outcome), again(case, run.plan.plugins))


def _measured(outcome: Outcome) -> tuple[Cell, Cell, Cell]:
    if not isinstance(outcome, Measured):
        return (describe.no_figure(outcome), BLANK, "failed" if isinstance(outcome, Failed) else "skipped")
    if not isinstance(outcome.result, Latency):
        return (EMPTY, BLANK, "measured")
    samples = outcome.result.samples
    found = estimate(samples)
    time = Quantity(value=found.median_s, kind=Kind.SECONDS, low=found.low_s, high=found.high_s)
    return (time, count(found.count), STOPPED[samples.stop])


def _noise_floors(run: Run) -> Section | None:
    if not run.noise_floors:
        return None
    rows = tuple(
        (
            floor.device,
            floor.timing.value,
            floor.equals,
            floor.when.value,
            Quantity(value=floor.relative, kind=Kind.SHARE),
            count(floor.builds),
            count(floor.pairs),
            format_seconds(floor.seconds_per_call),
        )
        for floor in run.noise_floors
    )
    table = Table(
        title="How far apart equal cases come out",
        caption="95% of the ratios of two equal cases, each built on its own, are closer to 1 than the noise floor.",
        columns=(
            text("device"),
            text("timing"),
            text("equal cases"),
            text("when"),
            number("noise floor (±)"),
            number("builds"),
            number("pairs"),
            text("a call takes"),
        ),
        rows=rows,
    )
    return Section(title="Noise floors", tables=(table,))


def _environment(run: Run) -> Section:
    rows = tuple(_facts(run))
    table = Table(title="Machine, software and plan", columns=(text("what"), text("value")), rows=rows)
    return Section(title="Environment", tables=(table,))


def _facts(run: Run) -> Iterator[tuple[Cell, ...]]:
    yield ("run", run.run_id)
    yield ("started (UTC)", run.started_at)
    yield from environment_words(run).items()
