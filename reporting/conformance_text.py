"""A judged table as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from .conformance import Cell, Conformance, Verdict
from .table import Table, number, text
from .to_markdown import to_markdown
from .units import format_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Complexity

    from .published import Source

    #: By row: the implementation that could have stood there, and its counts.
    Alternatives = Mapping[str, tuple[str, Complexity]]

CSV_COLUMNS = ("row", "metric", "published", "measured", "exact", "counter", "verdict", "reason")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NOT_MEASURED = "†"


def conformance_csv(conformance: Conformance) -> str:
    """Return one line a cell, rows in the paper's order, with the exact integer behind every figure."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows([getattr(cell, column) for column in CSV_COLUMNS] for cell in conformance.cells)
    return lines.getvalue()


def conformance_markdown(
    conformance: Conformance, alternatives: Alternatives | None = None, *, heading: int = 0
) -> str:
    """Return the table as Markdown.

    Args:
        conformance: what was judged.
        alternatives: implementations that could have been taken for some rows; what they would have changed is said
            under the table.
        heading: level of the title as a heading; 0 prints it as a plain paragraph.

    """
    parts = [to_markdown(conformance_table(conformance), heading=heading)]
    if alternatives:
        parts.append(to_markdown(alternatives_table(conformance, alternatives), heading=heading and heading + 1))
    return "\n".join(parts)


def title_of(source: Source, *, what: str) -> str:
    """Return how a published table is headed, and what was done to it."""
    return f"{source.short}, Table {source.table} ({source.subject}), {what}"


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
            *(number(f"{title} {NOT_MEASURED}") for title in table.accuracies.values()),
            *(number(f"{metric.heading} {what}") for metric in table.metrics for what in ("published", "measured")),
        ),
        rows=tuple(
            (
                row.name,
                *(str(row.printed[column]) for column in table.accuracies),
                *(shown for metric in table.metrics for shown in _pair(cells[row.name, metric], marks)),
            )
            for row in table.rows
        ),
        notes=(
            _totals(conformance),
            *(f"{mark} {reason[0].upper()}{reason[1:]}." for reason, mark in marks.items()),
            *([f"{NOT_MEASURED} As published, not measured: accuracies need training."] if table.accuracies else []),
        ),
    )


def alternatives_table(conformance: Conformance, alternatives: Alternatives) -> Table:
    """Return the cells that other implementations of the same rows would change, with both figures."""
    considered = [cell for cell in conformance.cells if cell.row in alternatives]
    rows = []
    for cell in considered:
        implementation, complexity = alternatives[cell.row]
        own = conformance.own(cell.metric)
        exact = own.exact(complexity)
        figure = "not counted" if exact is None else str(own.printed(exact, cell.published))
        if figure != str(cell.measured):
            shown = (str(cell.published), str(cell.measured), figure)
            rows.append((cell.row, implementation, cell.metric.heading, *shown))
    names = ", ".join(dict.fromkeys(name for name, _ in alternatives.values()))
    count = f"{len(rows)} of the {len(considered)} cells of these rows would be others with {names}."
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
        rows=tuple(rows),
    )


def _caption(conformance: Conformance) -> str:
    table = conformance.table
    lines = [
        f"{table.source.citation}, doi:{table.source.doi}: “{table.source.caption}”",
        f"Input {format_shape(table.input_shape)}, {table.num_classes} classes. Counting convention of this table:",
    ]
    for choice in conformance.choices:
        own = choice.convention
        ties = f"; as many as: {', '.join(tied.name for tied in choice.tied)}" if choice.tied else ""
        lines.append(
            f"{own.metric.heading}: {own.words.format(normalizer='the normaliser')} "
            f"(gives {choice.matches} of {len(table.rows)} printed figures{ties})."
        )
    return "\n".join(lines)


def _footnotes(conformance: Conformance) -> dict[str, str]:
    """Return the mark of every reason, numbered in the order they are met; equal reasons share one."""
    reasons = dict.fromkeys(cell.reason for cell in conformance.cells if cell.reason)
    return {reason: str(index).translate(_SUPERSCRIPTS) for index, reason in enumerate(reasons, 1)}


def _pair(cell: Cell, marks: dict[str, str]) -> tuple[str, str]:
    match cell.verdict:
        case Verdict.MATCH:
            mark = "✓"
        case Verdict.EXPLAINED:
            mark = marks[cell.reason]
        case Verdict.DIFFERS:
            mark = f"✗ {marks[cell.reason]}"
    return str(cell.published), f"{cell.measured} {mark}"


def _totals(conformance: Conformance) -> str:
    match_, explained, differs = (conformance.total(verdict) for verdict in Verdict)
    return (
        f"{match_} cell{' matches' if match_ == 1 else 's match'}, "
        f"{explained} {'is' if explained == 1 else 'are'} explained, "
        f"{differs} differ{'s' if differs == 1 else ''}."
    )
