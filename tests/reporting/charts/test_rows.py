"""A chart's figures as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from reporting.charts.chart import Axis, Bar, Heat, Intervals, Span, Tile
from reporting.charts.files import CHART_FILES, chart_file
from reporting.charts.to_rows import chart_csv

if TYPE_CHECKING:
    from reporting.charts.chart import Chart

RATIOS = Intervals(
    name="ratios",
    title="ratios",
    subtitle="",
    x=Axis(title="times the baseline's latency"),
    bars=(
        Bar(panel="forward", row="=se", series="b1", x=Span(value=1.5, low=1.25, high=1.75), words="words"),
        Bar(panel="forward", row="eca", series="b1", x=Span(value=1.125), words="words"),
    ),
)


def lines(chart: Chart) -> list[dict[str, str]]:
    """Return the lines by column."""
    return list(csv.DictReader(io.StringIO(chart_csv(chart))))


def test_each_mark_is_a_line_with_its_interval() -> None:
    """In the unit that the axis names; columns that no mark has are left out."""
    assert lines(RATIOS) == [
        {
            "chart": "ratios",
            "panel": "forward",
            "series": "b1",
            "row": "'=se",
            "x": "1.5",
            "x_low": "1.25",
            "x_high": "1.75",
            "x_axis": "times the baseline's latency",
        },
        {
            "chart": "ratios",
            "panel": "forward",
            "series": "b1",
            "row": "eca",
            "x": "1.125",
            "x_low": "",
            "x_high": "",
            "x_axis": "times the baseline's latency",
        },
    ]


def test_a_map_has_a_line_a_cell() -> None:
    """Where nothing happens its shade is empty, and the label says so."""
    tile = Tile(panel="float16", row="softmax", column="one large", shade=None, label="never", words="")
    heat = Heat(name="overflow", title="", subtitle="", shade=Axis(title="input"), tiles=(tile,))
    assert lines(heat) == [
        {
            "chart": "overflow",
            "panel": "float16",
            "row": "softmax",
            "column": "one large",
            "shade_axis": "input",
            "label": "never",
        }
    ]


def test_it_is_one_of_the_files_of_a_chart() -> None:
    """As drawn ones and the specification."""
    assert set(CHART_FILES) == {".svg", ".png", ".pdf", ".json", ".csv"}
    assert chart_file(RATIOS, ".csv").decode() == chart_csv(RATIOS)
