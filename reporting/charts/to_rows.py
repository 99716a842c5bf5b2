"""Chart -> CSV: a line a mark, for whoever draws it with other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..csv_text import csv_lines, without_empty_columns
from .chart import Bar, Dot, Heat, Intervals, Tile, marks_of

if TYPE_CHECKING:
    from .chart import Chart, Span

COLUMNS = (
    *("chart", "panel", "series", "row", "column"),
    *(f"{axis}{end}" for axis in ("x", "y") for end in ("", "_low", "_high", "_axis")),
    *("shade", "shade_axis", "label", "unbeaten"),
)


def chart_csv(chart: Chart) -> str:
    """Return what a chart draws, in the units of its axes; ``x_axis`` and ``y_axis`` name these."""
    rows = ({"chart": chart.name, **_axes(chart), **_mark(mark)} for mark in marks_of(chart))
    return without_empty_columns(csv_lines(COLUMNS, rows))


def _axes(chart: Chart) -> dict[str, object]:
    match chart:
        case Heat():
            return {"shade_axis": chart.shade.title}
        case Intervals():
            return {"x_axis": chart.x.title}
        case _:
            return {"x_axis": chart.x.title, "y_axis": chart.y.title}


def _mark(mark: Dot | Bar | Tile) -> dict[str, object]:
    match mark:
        case Dot():
            spans = _span("x", mark.x) | _span("y", mark.y)
            return {"panel": mark.panel, "series": mark.series, **spans, "unbeaten": mark.unbeaten}
        case Bar():
            return {"panel": mark.panel, "series": mark.series, "row": mark.row, **_span("x", mark.x)}
        case Tile():
            return {
                "panel": mark.panel,
                "row": mark.row,
                "column": mark.column,
                "shade": mark.shade,
                "label": mark.label,
            }


def _span(axis: str, found: Span) -> dict[str, object]:
    return {axis: found.value, f"{axis}_low": found.low, f"{axis}_high": found.high}
