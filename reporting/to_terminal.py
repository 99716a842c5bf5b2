"""Document -> Markdown that fits a terminal: wide tables are stacked, long lines are wrapped."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from results.text import wrapped

from .to_markdown import escape, joined, padded_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .document import Document, Section
    from .table import Table

#: What stands between two columns, and around all: ``| a | b |``.
BETWEEN, AROUND = 3, 1
#: A column is not made narrower than that, whatever the terminal.
NARROWEST = 10


def document_terminal(document: Document, width: int | None = None) -> str:
    """Return banner, paragraphs, tables and notes, without the document's title.

    Args:
        document: what to print.
        width: columns of the terminal; None: it goes to a file or a pipe, where nothing is split.

    """
    marks = document.footnotes()
    parts = (
        *(wrapped(f"**{escape(line)}**", width) for line in document.banner),
        *(wrapped(paragraph, width) for paragraph in document.paragraphs),
        # The summary needs no heading: it is what one waits for.
        *(part for table in document.panels for part in _table_parts(table, marks, width)),
        *(part for section in document.sections for part in _section_parts(section, marks, width)),
        "\n".join(wrapped(escape(note), width) for note in document.notes()),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def fitted(table: Table, marks: Mapping[str, str], width: int | None = None) -> list[str]:
    """Return the grids that a table becomes: each fits the width, and repeats the names of the rows.

    Args:
        table: whose rows they are.
        marks: cause -> its mark.
        width: columns of the terminal; None: one grid, however wide.

    """
    columns = padded_columns(table, marks)
    if width is None:
        return [joined(columns)]
    names = range(min(table.keys, len(columns)))
    widths = [len(column[0]) for column in columns]
    panels = _panels(widths, [column.group for column in table.columns], len(names), width)
    return [joined(_narrowed([columns[index] for index in (*names, *panel)], width)) for panel in panels]


def _section_parts(section: Section, marks: Mapping[str, str], width: int | None) -> Iterator[str]:
    yield wrapped(escape(section.title), width)
    yield from (wrapped(paragraph, width) for paragraph in section.paragraphs)
    for table in section.tables:
        yield from _table_parts(table, marks, width)
    for below in section.sections:
        yield from _section_parts(below, marks, width)


def _table_parts(table: Table, marks: Mapping[str, str], width: int | None) -> Iterator[str]:
    yield wrapped(escape(table.title), width)
    yield from (wrapped(escape(line), width) for line in table.caption.splitlines())
    if table.rows:
        yield from fitted(table, marks, width)
    yield from (wrapped(escape(note), width) for note in table.notes)


def _panels(widths: Sequence[int], groups: Sequence[str], names: int, width: int) -> list[list[int]]:
    """Return which columns stand beside the names of the rows, panel by panel: those of a group together, if they fit.

    Args:
        widths: of the columns.
        groups: of the columns; empty: it goes with any other.
        names: how many columns name a row.
        width: of the terminal.

    """
    room = width - AROUND - sum(each + BETWEEN for each in widths[:names])
    panels: list[list[int]] = [[]]
    used = 0
    for together in _groups(groups, names):
        wanted = sum(widths[index] + BETWEEN for index in together)
        for place, index in enumerate(together):
            needed = wanted if place == 0 and wanted <= room else widths[index] + BETWEEN
            if panels[-1] and used + needed > room:
                panels.append([])
                used = 0
            panels[-1].append(index)
            used += widths[index] + BETWEEN
    return panels


def _groups(groups: Sequence[str], first: int) -> Iterator[list[int]]:
    together: list[int] = []
    for index in range(first, len(groups)):
        if together and (not groups[index] or groups[index] != groups[together[-1]]):
            yield together
            together = []
        together.append(index)
    if together:
        yield together


def _narrowed(columns: list[list[str]], width: int) -> list[list[str]]:
    """Return the columns with their widest ones wrapped, where even a panel of one is wider than the terminal."""
    columns = list(columns)
    while True:
        widths = [len(column[0]) for column in columns]
        over = AROUND + sum(each + BETWEEN for each in widths) - width
        widest = max(range(len(columns)), key=widths.__getitem__)
        narrow = max(NARROWEST, widths[widest] - over)
        if over <= 0 or narrow >= widths[widest]:
            return columns
        columns = _with_lines(columns, widest, narrow)


def _with_lines(columns: Sequence[Sequence[str]], which: int, width: int) -> list[list[str]]:
    """Return the columns with the cells of one of them in lines of at most so many characters."""
    found: list[list[str]] = [[] for _ in columns]
    for cells in zip(*columns, strict=True):
        # A cell of its own is padded with blanks.
        is_rule = all(set(cell) <= {"-", ":"} for cell in cells)
        lines = [_rule(cells[which], width)] if is_rule else wrap(cells[which].strip(), width) or [""]
        for number, line in enumerate(lines):
            for index, cell in enumerate(cells):
                shown = line.ljust(width) if index == which else cell if not number else " " * len(cell)
                found[index].append(shown)
    return found


def _rule(rule: str, width: int) -> str:
    return f"{'-' * (width - 1)}{rule[-1]}"
