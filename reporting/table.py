"""What every document is made of: a table of cells that knows how its columns align."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .cells import Missing
from .footnotes import numbered
from .units import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .cells import Cell

#: What stands before the decimal point of a number that starts a cell.
_LEADING_NUMBER = re.compile(r"[+-]?\d+")


class Align(StrEnum):
    """How the cells of a column line up."""

    LEFT = "left"
    POINT = "point"
    """Numbers at their decimal points; words at the left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a column, with the unit of its numbers."""

    title: str
    align: Align = Align.LEFT
    group: str = ""
    """Columns of one group stay together where a table is wider than a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A titled table. Every row has one cell a column.

    Raises:
        ValueError: a row has more or fewer cells than there are columns.

    """

    title: str
    caption: str = ""
    """What was measured on what, and how. Each line is a paragraph."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: int = 1
    """So many columns at the left name a row: they are repeated where a table is split."""
    notes: tuple[str, ...] = ()
    """What the marks in the cells mean, and what holds for this table alone."""
    document_notes: tuple[str, ...] = ()
    """What holds for other tables of a document too, and stands once in it."""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                msg = f"table {self.title!r}: the row {row} has {len(row)} cells for {len(self.columns)} columns"
                raise ValueError(msg)

    @property
    def causes(self) -> tuple[str, ...]:
        """Why values are missing, each once, in the order of the cells."""
        cells = (cell for row in self.rows for cell in row if isinstance(cell, Missing) and cell.because)
        return tuple(dict.fromkeys(cell.because for cell in cells))

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """The rows as a reader sees them where the table stands alone, with footnotes of its own."""
        return self.marked_texts(numbered(self.causes))

    def marked_texts(self, footnotes: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
        """Return the rows as a reader sees them.

        Args:
            footnotes: cause -> its mark, as ``Document.footnotes`` numbers them.

        """
        return tuple(tuple(cell_text(cell, footnotes) for cell in row) for row in self.rows)


def text(title: str) -> Column:
    """Return a column of words."""
    return Column(title=title)


def number(title: str, group: str = "") -> Column:
    """Return a column of numbers, which align at their decimal points."""
    return Column(title=title, align=Align.POINT, group=group)


def aligned(cells: list[str], align: Align) -> list[str]:
    """Return the cells, indented so that they line up; the widths still differ at the right."""
    match align:
        case Align.LEFT:
            return cells
        case Align.POINT:
            widths = [len(found.group()) if (found := _LEADING_NUMBER.match(cell)) else None for cell in cells]
            widest = max((width for width in widths if width is not None), default=0)
            return [
                cell if width is None else " " * (widest - width) + cell
                for cell, width in zip(cells, widths, strict=True)
            ]
