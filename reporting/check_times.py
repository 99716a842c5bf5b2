"""Timed cases of a check: a chart of ratios with their intervals, and a table of what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cells import EMPTY, Kind, Quantity, count
from .check_names import names, timed
from .check_words import ratio_cell
from .document import Section
from .interval_bar import bar, scale
from .table import Table, number, text
from .to_markdown import escape
from .units import cell_text, format_chosen_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.checks import Check, Judged, Pace

    from .cells import Cell
    from .check_names import Names
    from .table import Column

HOW_TO_READ = (
    "`o` is head ÷ base, `-` its interval, `|` is 1, `:` is the threshold of {threshold} on both sides, and `<` or `>` "
    "say that an interval goes on."
)
TITLE = "What the ratios rest on"
NOTE = (
    "builds: pairs of freshly built modules, each with one ratio. twin ÷ base: of a second, identical copy of base, "
    "and so the noise. finds: the smallest slowdown that these builds could have found."
)
PROCESSES_NOTE = "processes: where there are several, base and head were never in the same one."


def times_section(check: Check) -> Section | None:
    """Return the cases that have a ratio, bad verdicts first; None if there are none."""
    paced = [(each, each.pace) for each in timed(check) if each.pace is not None]
    if not paced:
        return None
    called = names(each.case for each in timed(check))
    shared = [escape(f"All cases: {called.shared}.")] if called.shared else []
    return Section(
        title="Times",
        paragraphs=(
            *shared,
            f"```text\n{_chart(paced, called, check.threshold)}\n```",
            HOW_TO_READ.format(threshold=format_chosen_share(check.threshold)),
        ),
        tables=(_evidence(paced, called),),
    )


def _chart(paced: Sequence[tuple[Judged, Pace]], called: Names, threshold: float) -> str:
    """Return one line a case, aligned; the name stands last, where a long one moves nothing."""
    rows = [
        (each.verdict.value, bar(pace.head, threshold), cell_text(ratio_cell(pace.head)), called.short[each.case])
        for each, pace in paced
    ]
    table = [("verdict", scale(threshold), "head ÷ base", "case"), *rows]
    verdicts, ratios = (max(len(row[column]) for row in table) for column in (0, 2))
    # A bar has room of its own at both ends. No line ends in spaces.
    return "\n".join(f"{row[0]:<{verdicts}} {row[1]} {row[2]:<{ratios}}  {row[3]}" for row in table)


def _evidence(paced: Sequence[tuple[Judged, Pace]], called: Names) -> Table:
    several = any(pace.processes > 1 for _, pace in paced)
    columns: tuple[Column, ...] = (text("case"), number("builds"), number("twin ÷ base"), number("finds"))
    rows: list[tuple[Cell, ...]] = [(called.short[each.case], *_evidence_cells(pace)) for each, pace in paced]
    if several:
        columns = (*columns, number("processes"))
        rows = [(*row, count(pace.processes)) for row, (_, pace) in zip(rows, paced, strict=True)]
    notes = (NOTE, PROCESSES_NOTE) if several else (NOTE,)
    return Table(title=TITLE, columns=columns, rows=tuple(rows), notes=notes)


def _evidence_cells(pace: Pace) -> tuple[Cell, ...]:
    twin = EMPTY if pace.twin is None else ratio_cell(pace.twin)
    return count(pace.builds), twin, Quantity(value=pace.smallest, kind=Kind.RATIO)
