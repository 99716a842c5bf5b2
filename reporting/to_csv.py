"""Run -> CSV: SI base units, full digits, one line an outcome; of overflow one a pattern, of accuracy one a scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.frame import suite_frame

from .csv_text import frame_csv
from .kinds import SECTIONS, NamedView

if TYPE_CHECKING:
    from results.records import Run


def run_csv(run: Run) -> str:
    """Return every outcome with every column."""
    return frame_csv(run.to_frame())


def suite_csv(run: Run, suite: str) -> str:
    """Return the outcomes of one suite, without the columns that say nothing of it, or the lines of a view."""
    for view in SECTIONS:
        if isinstance(view, NamedView) and view.name == suite:
            return view.csv(run)
    return frame_csv(suite_frame(run.index, suite))
