"""A document with some of the columns of its tables, in an order that a reader chose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .cells import BLANK, EMPTY
from .column_names import aliases, chosen_of, refuse_unknown
from .document import Document, Section
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .summary import Summary


def choose(document: Document, names: Sequence[str]) -> Document:
    """Return the document with these columns alone, behind those that tell the rows of a table apart.

    A table that has none of them is left out, with its section.

    Args:
        document: of any command.
        names: titles, or parts of them: see ``column_names``. None: the document as it is.

    Raises:
        UnknownColumnError: no table has such a column.

    """
    if not names:
        return document
    refuse_unknown(names, _columns(document))
    summary = () if document.summary is None else _summary_tables(document.summary, names)
    sections = (
        *([Section(title="Summary", tables=summary)] if summary else []),
        *(kept for section in document.sections if (kept := _section(section, names)) is not None),
    )
    return replace(document, summary=None, sections=sections)


def choose_of_table(table: Table, names: Sequence[str]) -> Table | None:
    """Return a table with these columns alone, behind those that tell its rows apart; None if it has none of them."""
    known = [aliases(column.title) for column in table.columns]
    wanted = chosen_of(names, known)
    if not wanted:
        return None
    kept = [*(index for index in range(_telling_apart(table)) if index not in wanted), *wanted]
    return replace(
        table,
        columns=tuple(table.columns[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in table.rows),
    )


def _columns(document: Document) -> dict[str, frozenset[str]]:
    """Return the title of each column with its aliases, in whichever tables it is."""
    found: dict[str, frozenset[str]] = {}
    summary = document.summary
    if summary is not None:
        found |= zip(_summary_titles(summary), _summary_aliases(summary), strict=True)
    tables = (table for section in document.sections for table in section.all_tables())
    for title in (column.title for table in tables for column in table.columns):
        found[title] = found.get(title, frozenset()) | aliases(title)
    return found


def _section(section: Section, names: Sequence[str]) -> Section | None:
    tables = tuple(kept for table in section.tables if (kept := choose_of_table(table, names)) is not None)
    below = tuple(less for each in section.sections if (less := _section(each, names)) is not None)
    had_tables = any(True for _ in section.all_tables())
    if had_tables and not (tables or below):
        return None
    return replace(section, tables=tables, sections=below)


def _telling_apart(table: Table) -> int:
    """Return how many columns at the left are needed so that no two rows have the same; 1 if nothing tells them."""
    for width in range(1, len(table.columns)):
        if len({row[:width] for row in table.rows}) == len(table.rows):
            return width
    return 1


def _summary_titles(summary: Summary) -> list[str]:
    return ["attention", *(column.title for column in summary.columns)]


def _summary_aliases(summary: Summary) -> list[frozenset[str]]:
    return [
        aliases("attention"),
        *(aliases(column.title, column.figure.value, column.name) for column in summary.columns),
    ]


def _summary_tables(summary: Summary, names: Sequence[str]) -> tuple[Table, ...]:
    """Return one table a network, which has any condition that is asked for: a panel has the last alone."""
    wanted = chosen_of(names, _summary_aliases(summary))
    if not wanted:
        return ()
    titles, kept = _summary_titles(summary), wanted if 0 in wanted else [0, *wanted]
    tables: list[Table] = []
    for network in dict.fromkeys(row.network for row in summary.rows):
        rows = [(row.attention, *row.cells) for row in summary.rows if row.network == network]
        # A network that was not measured under a condition has no column of it.
        used = [index for index in kept if any(row[index] != BLANK for row in rows)]
        tables.append(
            Table(
                title=network,
                caption="" if tables else summary.caption,
                columns=tuple(number(titles[index]) if index else text(titles[index]) for index in used),
                rows=tuple(tuple(EMPTY if row[index] == BLANK else row[index] for index in used) for row in rows),
                document_notes=summary.notes,
            )
        )
    return tuple(tables)
