"""A history of runs -> CSV, a row a figure and run; and the newest run as github-action-benchmark reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.rows import CASE_COLUMNS, case_row
from results.text import json_text

from . import describe
from .csv_text import csv_lines
from .history_document import commit_of
from .units import format_percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.figures import Figure
    from results.history import History, Series

#: The status of an outcome is no column: a run without a figure has no row.
COLUMNS = (
    *(name for name in CASE_COLUMNS if name != "status"),
    *("quantity", "reference", "unit", "exact", "run_id", "started_at", "commit", "value", "low", "high", "words"),
    *("changed", "p_value", "before", "after"),
)


def history_csv(history: History) -> str:
    """Return one row a figure and run, in SI units, in the order of time.

    ``changed`` is true in the first run after a change: ``before`` and ``after`` are the values of an exact figure, and
    the means on both sides of a measured one. ``words`` has a value that is no number, or what belongs to one.
    """
    return csv_lines(COLUMNS, (row for series in history.series for row in _rows(history, series)))


def github_json(history: History) -> str:
    """Return the newest run's figures in the layout ``customSmallerIsBetter`` of github-action-benchmark.

    It keeps the history itself. What is no number, and what is not better the smaller it is, has no place in it.
    """
    newest = len(history.runs) - 1
    entries = [
        {
            "name": f"{series.case.suite}: {describe.full_name(series.case)}: {point.quantity}",
            "unit": point.unit,
            "value": point.value,
            **_range(point),
            "extra": _extra(history, series, newest),
        }
        for series in history.series
        if (point := series.points[newest]) is not None and not isinstance(point.value, str) and point.smaller_is_better
    ]
    return json_text(entries)


def _rows(history: History, series: Series) -> Iterator[dict[str, object]]:
    steps = {step.run: step for step in series.steps}
    for place, (run, point) in enumerate(zip(history.runs, series.points, strict=True)):
        if point is None:
            continue
        step = steps.get(place)
        number = not isinstance(point.value, str)
        yield {
            **case_row(series.case),
            "quantity": point.quantity,
            "reference": point.reference,
            "unit": point.unit,
            "exact": point.exact,
            "run_id": run.run_id,
            "started_at": run.started_at,
            "commit": commit_of(run),
            "value": point.value if number else None,
            "low": point.low,
            "high": point.high,
            "words": point.words if number else point.value,
            "changed": step is not None,
            **({} if step is None else {"p_value": step.p_value, "before": step.old, "after": step.new}),
        }


def _range(point: Figure) -> dict[str, str]:
    if isinstance(point.value, str) or point.low is None or point.high is None:
        return {}
    return {"range": f"± {format_percent((point.high - point.low) / 2 / point.value)}"}


def _extra(history: History, series: Series, newest: int) -> str:
    lines = [f"commit {commit_of(history.runs[newest])}", f"run {history.runs[newest].run_id}"]
    if series.steps:
        lines.append(f"last change: since {commit_of(history.runs[series.steps[-1].run])}")
    return "\n".join(lines)
