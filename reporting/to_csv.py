"""Run -> CSV: SI base units, full digits, one line an outcome; of overflow one a pattern, of accuracy one a scale.

A column that is empty in all lines is left out, unless files are joined by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.frame import suite_frame
from results.rows import JOIN_KEYS

from .csv_text import frame_csv, without_empty_columns
from .kinds import SECTIONS, NamedView

if TYPE_CHECKING:
    from pandas import DataFrame

    from results.records import Run


def run_csv(run: Run, *, whole: bool = False) -> str:
    """Return every outcome.

    Args:
        run: whose outcomes they are.
        whole: with the columns that are empty.

    """
    frame = run.to_frame()
    return frame_csv(frame if whole else _told(frame))


def suite_csv(run: Run, suite: str, *, whole: bool = False) -> str:
    """Return the outcomes of one suite, without the columns that say nothing of it, or the lines of a view.

    Args:
        run: whose outcomes they are.
        suite: one of the run's.
        whole: with the columns that are empty.

    """
    for view in SECTIONS:
        if isinstance(view, NamedView) and view.name == suite:
            return view.csv(run) if whole else without_empty_columns(view.csv(run), JOIN_KEYS)
    frame = suite_frame(run.index, suite)
    return frame_csv(frame if whole else _told(frame))


def _told(frame: DataFrame) -> DataFrame:
    """Return the columns that say anything; all of them if there are no lines."""
    if not len(frame):
        return frame
    told = frame.notna().any()
    return frame[[name for name in frame.columns if told[name] or name in JOIN_KEYS]]
