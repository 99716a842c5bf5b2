"""What the page has beside the report: every case with the command that measures it again, machine, noise floors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .case_tables import case_tables
from .cells import Kind, Quantity, count
from .document import Section
from .environment_tables import environment_words
from .table import Table, number, text
from .units import format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Run

    from .cells import Cell


def detail_sections(run: Run) -> tuple[Section, ...]:
    """Return every case, the noise floors and the machine."""
    return tuple(section for section in (_cases(run), _noise_floors(run), _environment(run)) if section is not None)


def _cases(run: Run) -> Section | None:
    tables = case_tables(run)
    return Section(title="Every case", tables=tables) if tables else None


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
