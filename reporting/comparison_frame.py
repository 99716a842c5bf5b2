"""A comparison of runs -> pandas.DataFrame: a row a figure and a run that is held against the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.rows import CASE_COLUMNS, frame_of

from .comparison_files import COLUMNS, comparison_rows

if TYPE_CHECKING:
    from pandas import DataFrame

    from results.comparison import Comparison

#: Column -> pandas type, of those that say no more of the case.
KINDS = {
    **dict.fromkeys(("quantity", "reference", "unit", "run_a", "run_b", "a_words", "b_words"), "string"),
    **dict.fromkeys(("source_differs", "exact", "paired"), "boolean"),
}


def comparison_frame(comparison: Comparison) -> DataFrame:
    """Return the rows and columns of ``comparison_csv``: SI units, full digits, numeric columns."""
    columns = {name: CASE_COLUMNS.get(name) or KINDS.get(name, "float64") for name in COLUMNS}
    return frame_of(comparison_rows(comparison), columns)
