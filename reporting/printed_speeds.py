"""Speeds as papers print them, with how many times as long each row takes as the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cells import EMPTY
from .conformance_text import cited, title_of, to_lines
from .contradictions import claims_against_figures
from .published.speeds import Unit
from .speed_verdicts import printed_ratio
from .table import Table, number, text
from .units import format_factor
from .verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .published.speeds import Column, PublishedSpeeds, Row
    from .speed_verdicts import Interval

OF_ANOTHER_MACHINE = "speed of the paper's machine"


def printed_speeds_table(published: PublishedSpeeds) -> Table:
    """Return the printed figures; nothing of them is measured again: that would take the machine of the paper."""
    rows = {row.name: row for row in published.rows}
    return Table(
        title=title_of(published.source, what="as published"),
        caption=f"{cited(published.source)}\n{published.of}",
        columns=(
            text(published.heading),
            *(
                head
                for column in published.columns
                for head in (number(column.heading), number(f"÷ {first_words(published)}"))
            ),
        ),
        rows=tuple(
            (row.name, *(cell for column in published.columns for cell in printed_cells(rows, row, column)))
            for row in published.rows
        ),
        notes=claims_against_figures(published),
    )


def first_words(published: PublishedSpeeds) -> str:
    """Return what rows are divided by: the first row's name, or that it is the first of each backbone."""
    firsts = published.firsts
    return firsts[0] if len(firsts) == 1 else "first of its backbone"


def printed_cells(rows: Mapping[str, Row], row: Row, column: Column) -> tuple[str, str]:
    """Return a printed figure, and how many times as long the row takes as the first one."""
    if column.key not in row.printed:
        return EMPTY.reason, EMPTY.reason
    found = ratio_in_print(rows, row, column)
    return str(row.printed[column.key]), "1" if found is None else format_factor(found.value)


def ratio_in_print(rows: Mapping[str, Row], row: Row, column: Column) -> Interval | None:
    """Return the printed ratio of a row to its first one; None for the first one itself, and for what is not printed.

    Args:
        rows: the table's, by name.
        row: one of them, or one that is measured beside them.
        column: of the table.

    """
    first = rows[row.first]
    if row.name == first.name or column.key not in row.printed or column.key not in first.printed:
        return None
    return printed_ratio(row.printed[column.key], first.printed[column.key], rate=column.unit.is_rate)


def printed_speeds_csv(published: PublishedSpeeds, *, header: bool = True) -> str:
    """Return one line a figure, with the columns of every table's cells; what is not measured is empty."""
    return to_lines(
        (
            {
                "paper": published.source.paper,
                "table": published.source.table,
                "row": row.name,
                "host": row.host,
                "implementation": row.implementation,
                "slot": row.slot,
                "metric": column.key,
                "published": row.printed[column.key],
                "verdict": Verdict.NOT_MEASURED,
                "reason": OF_ANOTHER_MACHINE if column.unit is not Unit.GIGABYTES else "memory of the paper's machine",
            }
            for row in published.rows
            for column in published.columns
            if column.key in row.printed
        ),
        header=header,
    )
