"""A judged table as CSV and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import describe
from .cells import EMPTY
from .conformance import NEARBY, UNLISTED
from .csv_text import csv_lines
from .footnotes import numbered
from .table import Table, number, text
from .units import format_percent, format_shape
from .verdicts import CLOSE_SHARE, Cell, Choice, Conformance, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .published import Source

CSV_COLUMNS = (
    "paper",
    "table",
    "row",
    "host",
    "implementation",
    "slot",
    "metric",
    "published",
    "measured",
    "exact",
    "counter",
    "verdict",
    "reason",
)
#: Verdicts whose reasons differ from cell to cell, and so have a footnote.
NUMBERED = frozenset({Verdict.EXPLAINED, Verdict.NOT_MEASURED})
#: One mark a verdict.
LEGEND = {
    Verdict.MATCH: "✓ match",
    Verdict.EXPLAINED: "(explained) by another counting convention",
    Verdict.CLOSE: f"≈ close: within {CLOSE_SHARE * 100:g}%, {UNLISTED}",
    Verdict.DIFFERS: f"✗ differs by more, {UNLISTED}",
}
AS_PUBLISHED = "†"


def conformance_csv(conformance: Conformance, *, header: bool = True) -> str:
    """Return one line a cell, rows in the paper's order, with the exact integer behind every figure."""
    source, rows = conformance.table.source, {row.name: row for row in conformance.table.rows}
    return to_lines(
        (
            {
                **{column: getattr(cell, column) for column in CSV_COLUMNS if hasattr(cell, column)},
                **{column: getattr(rows[cell.row], column) for column in ("host", "implementation", "slot")},
                "paper": source.paper,
                "table": source.table,
            }
            for cell in conformance.cells
        ),
        header=header,
    )


def to_lines(records: Iterable[dict[str, object]], *, header: bool) -> str:
    """Return the lines of a CSV with these columns; a column that a record lacks is empty."""
    return csv_lines(CSV_COLUMNS, records, header=header)


def conformance_tables(conformance: Conformance) -> tuple[Table, ...]:
    """Return the table, and one of what the paper leaves open if it leaves anything."""
    left_open = (alternatives_table(conformance),) if conformance.alternatives else ()
    return (conformance_table(conformance), *left_open)


def title_of(source: Source, *, what: str) -> str:
    """Return how a published table is headed, and what was done to it."""
    return f"{source.short}, {source.place} ({source.subject}), {what}"


def cited(source: Source) -> str:
    """Return the paper's reference, and the caption of its table."""
    caption = f": “{source.caption}”" if source.caption else ""
    return f"{source.citation}, {source.reference}{caption}"


def conformance_table(conformance: Conformance) -> Table:
    """Return published beside measured, one row a model: ✓ for a match, else the number of the note that says why."""
    table = conformance.table
    marks = _footnotes(conformance)
    cells = {(cell.row, cell.metric): cell for cell in conformance.cells}
    return Table(
        title=title_of(table.source, what="rebuilt"),
        caption=_caption(conformance),
        columns=(
            text("Model"),
            *(number(f"{title} {AS_PUBLISHED}") for title in table.as_published.values()),
            *(number(f"{metric.heading} {what}") for metric in table.metrics for what in ("published", "measured")),
        ),
        rows=tuple(
            (
                row.name,
                *(str(row.printed.get(column, EMPTY.reason)) for column in table.as_published),
                *(shown for metric in table.metrics for shown in _pair(cells.get((row.name, metric)), marks)),
            )
            for row in table.rows
        ),
        notes=(
            _totals(conformance),
            *_given(conformance),
            *_legend(conformance),
            *(_tried(choice) for choice in conformance.choices if choice.matches < choice.counted),
            *(f"{mark} {reason[0].upper()}{reason[1:]}." for reason, mark in marks.items()),
            *([f"{AS_PUBLISHED} As published, not measured."] if table.as_published else []),
        ),
    )


def alternatives_table(conformance: Conformance) -> Table:
    """Return the cells that other implementations of the same rows would change, with both figures."""
    considered = conformance.alternatives
    changed = [each for each in considered if each.figure != each.measured]
    names = ", ".join(dict.fromkeys(each.implementation for each in considered))
    count = f"{len(changed)} of the {len(considered)} cells of these rows would be others with {names}."
    return Table(
        title="What the paper leaves open",
        caption=f"{conformance.table.choices} {count}".strip(),
        columns=(
            text("Model"),
            text("Other implementation"),
            text("Figure"),
            number("published"),
            number("rebuilt above"),
            number("with the other"),
        ),
        rows=tuple(
            (
                each.row,
                each.implementation,
                each.metric.heading,
                str(each.published),
                str(each.measured),
                str(each.figure),
            )
            for each in changed
        ),
    )


def _caption(conformance: Conformance) -> str:
    table = conformance.table
    classes = f", {table.num_classes} classes" if table.num_classes else ""
    lines = [
        cited(table.source),
        f"Input {format_shape(table.input_shape)}{classes}. Counting convention of this table:",
    ]
    for choice in conformance.choices:
        ties = f"; as many as: {', '.join(tied.name for tied in choice.tied)}" if choice.tied else ""
        lines.append(
            f"{choice.metric.heading}: {choice.convention.clause(choice.metric, 'the normaliser')} "
            f"(gives {choice.matches} of {choice.counted} printed figures{ties})."
        )
    if table.choices and not conformance.alternatives:
        lines.append(table.choices)
    return "\n".join(lines)


def _footnotes(conformance: Conformance) -> dict[str, str]:
    """Return the mark of every reason, numbered in the order they are met; equal reasons share one."""
    return numbered(cell.reason for cell in conformance.cells if cell.verdict in NUMBERED)


def _pair(cell: Cell | None, marks: dict[str, str]) -> tuple[str, str]:
    if cell is None:
        return EMPTY.reason, EMPTY.reason
    match cell.verdict:
        case Verdict.MATCH:
            shown = f"{cell.measured} ✓"
        case Verdict.EXPLAINED:
            shown = f"{cell.measured} (explained {marks[cell.reason]})"
        case Verdict.CLOSE:
            shown = f"{cell.measured} {_difference(cell)} ≈"
        case Verdict.DIFFERS:
            shown = f"{cell.measured} {_difference(cell)} ✗"
        case Verdict.NOT_MEASURED:
            shown = f"{EMPTY.reason} {marks[cell.reason]}"
    return str(cell.published), shown


def _legend(conformance: Conformance) -> list[str]:
    """Return what the marks mean, those of this table alone."""
    words = [mark for verdict, mark in LEGEND.items() if conformance.total(verdict)]
    return [f"{'; '.join(words)}."] if words else []


def _difference(cell: Cell) -> str:
    """Return how much more the rebuild has than was printed: ``-0.1%``, ``+12.4%``."""
    share = cell.difference
    return "" if share is None else f"{'-' if share < 0 else '+'}{format_percent(abs(share))}"


def _totals(conformance: Conformance) -> str:
    match_, explained, close, differs, missing = (conformance.total(verdict) for verdict in Verdict)
    return (
        f"{match_} cell{' matches' if match_ == 1 else 's match'}, "
        f"{explained} {'is' if explained == 1 else 'are'} explained, "
        + (f"{close} {'is' if close == 1 else 'are'} close, " if close else "")
        + f"{differs} differ{'s' if differs == 1 else ''}"
        + (f", {missing} {'is' if missing == 1 else 'are'} not measured." if missing else ".")
    )


def _given(conformance: Conformance) -> list[str]:
    """Return how many printed figures each convention gives, where it takes several."""
    given = conformance.given()
    if not conformance.total(Verdict.EXPLAINED):
        return []
    return [
        f"Printed figures by the convention that gives them: {'; '.join(f'{n} {name}' for name, n in given.items())}."
    ]


def _tried(choice: Choice) -> str:
    """Return how easily a figure that is no match is explained."""
    others = choice.counted - choice.matches
    figures = "one figure" if others == 1 else f"{others} figures"
    return (
        f"{choice.metric.heading}: of the {figures} that the table's own convention does not give, the other "
        f"{describe.plural(choice.tried - 1, 'convention')} would explain {choice.by_chance:.1f} by chance alone, were "
        f"all figures within {format_percent(NEARBY)} equally likely."
    )
