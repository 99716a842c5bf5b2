"""The answer of a run in one table, as data: a row an attention and network, a column a figure and condition.

Every renderer starts from ``Summary``: ``panels`` gives tables that fit a page; a page that sorts takes rows and
columns as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from .cells import BLANK, EMPTY
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Direction

    from .cells import Cell

#: Latencies side by side in a panel, or latencies and their ratios: with sizes and memory these are nine columns.
MOST_LATENCIES = 4


class Figure(StrEnum):
    """What the cells of a column are. The words are those of the details, and of the CSV as far as it has any."""

    PARAMETERS = "parameters"
    MULTIPLY_ADDS = "multiply-adds"
    LATENCY = "latency"
    RATIO = "÷ plain"
    PEAK = "peak live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Under what a figure was measured. What is the same for a whole summary is None, and in its caption."""

    direction: Direction
    batch: int
    dtype: str | None = None
    device: str | None = None
    layout: str | None = None
    """Memory format, and the caches or the CUDA graph."""

    @property
    def words(self) -> str:
        """What a column is called: ``forward b4``, ``forward+backward b32, float16``."""
        more = (each for each in (self.dtype, self.device, self.layout) if each)
        return ", ".join((f"{self.direction} b{self.batch}", *more))

    @property
    def panel(self) -> tuple[str | None, ...]:
        """What columns of one panel share, where there are too many for one."""
        return (self.direction, self.dtype, self.device, self.layout)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryColumn:
    """One figure under one condition."""

    figure: Figure
    unit: str = ""
    """Of the numbers in the cells that do not have it there: ``M``."""
    name: str = ""
    """What it is called where that is not the figure's own word, as multiply-adds by their rule: ``MACs``."""
    condition: Condition | None = None
    """None: a property of the network."""

    @property
    def title(self) -> str:
        """The head of the column: ``parameters (M)``, ``forward b4``, ``÷ plain (forward b4)``."""
        words = self.name or self.figure.value
        if self.condition is None:
            return f"{words} ({self.unit})" if self.unit else words
        return self.condition.words if self.figure is Figure.LATENCY else f"{words} ({self.condition.words})"

    @property
    def group(self) -> str:
        """What columns share that stay together on a narrow terminal: sizes, or one direction."""
        return "sizes" if self.condition is None else " ".join(filter(None, self.condition.panel))


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One attention in one network."""

    attention: str
    network: str
    cells: tuple[Cell, ...]
    """One a column; ``BLANK`` where nothing was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One row an attention and network."""

    columns: tuple[SummaryColumn, ...]
    rows: tuple[SummaryRow, ...]
    caption: str
    """What the figures are, in a line."""
    notes: tuple[str, ...] = ()
    """What the marks mean, and what holds for all of it."""

    def panels(self) -> tuple[Table, ...]:
        """Return tables of at most nine columns: one a network; where there are many conditions, one a direction too.

        Each has the latencies side by side: up to two with their ratios, of more the last ratio; and the last memory.
        The details have every other one.
        """
        together: dict[str, list[SummaryRow]] = {}
        for row in self.rows:
            together.setdefault(row.network, []).append(row)
        found = (panel for network, rows in together.items() for panel in self._panels_of(network, rows))
        # The first one says what holds for all.
        return tuple(
            panel if place else replace(panel, caption=self.caption, document_notes=self.notes)
            for place, panel in enumerate(found)
        )

    def _panels_of(self, network: str, rows: Sequence[SummaryRow]) -> Iterator[Table]:
        used = [index for index in range(len(self.columns)) if any(row.cells[index] != BLANK for row in rows)]
        sizes = [index for index in used if self.columns[index].condition is None]
        parts = list(self._parts([index for index in used if self.columns[index].condition is not None])) or [[]]
        for number_of, part in enumerate(parts):
            shown = [*([] if number_of else sizes), *part]
            title = network if len(parts) == 1 else f"{network}, {number_of + 1} of {len(parts)}"
            yield self._panel(rows, shown, title=title)

    def _parts(self, indices: Sequence[int]) -> Iterator[list[int]]:
        """Yield the columns of each panel: latencies, then ratios and the last memory."""
        latencies = [index for index in indices if self.columns[index].figure is Figure.LATENCY]
        # Without times every memory is worth its column.
        shown = latencies or indices
        if len(shown) <= MOST_LATENCIES:
            groups = [shown] if shown else []
        else:
            apart: dict[tuple[str | None, ...], list[int]] = {}
            for index in shown:
                condition = self.columns[index].condition
                apart.setdefault(() if condition is None else condition.panel, []).append(index)
            groups = [
                group[start : start + MOST_LATENCIES]
                for group in apart.values()
                for start in range(0, len(group), MOST_LATENCIES)
            ]
        for group in groups:
            conditions = [self.columns[index].condition for index in group]
            ratios, memories = (
                [index for index in indices if self._is(index, figure, conditions)]
                for figure in (Figure.RATIO, Figure.PEAK)
            )
            timed = [*group, *(ratios[-1:] if len(group) + len(ratios) > MOST_LATENCIES else ratios)]
            if len(timed) == len(group) + len(ratios):
                # Each ratio stands behind its latency.
                timed.sort(key=lambda index: conditions.index(self.columns[index].condition))
            yield [*timed, *(index for index in memories[-1:] if index not in timed)]

    def _is(self, index: int, figure: Figure, conditions: Sequence[Condition | None]) -> bool:
        column = self.columns[index]
        return column.figure is figure and column.condition in conditions

    def _panel(self, rows: Sequence[SummaryRow], shown: Sequence[int], *, title: str) -> Table:
        return Table(
            title=title,
            columns=(
                text("attention"),
                *(number(self.columns[index].title, self.columns[index].group) for index in shown),
            ),
            rows=tuple(
                (row.attention, *(EMPTY if row.cells[index] == BLANK else row.cells[index] for index in shown))
                for row in rows
            ),
        )
