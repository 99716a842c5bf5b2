"""Frontiers and errors -> rows of a frame: one a pattern or a scale, not one an outcome."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING

from .figures import NEVER
from .inputs import Logits
from .numerics import ErrorAtScale, Fault

if TYPE_CHECKING:
    from .cases import Case
    from .numerics import Errors, Frontier, Frontiers
    from .rows import Columns, Row

#: In place of words that readers of CSV files take for an empty cell or a number.
SPELLED_OUT = {Fault.NAN: "NaN output", Fault.INF: "inf output"}
_COUNTS = ("elements", "not_finite", "below_normal")
FRONTIER_COLUMNS: Columns = {
    "length": "Int64",
    "pattern": "string",
    "threshold": "float64",
    "failure": "string",
    "operator": "string",
}
ERROR_SCALE_COLUMNS: Columns = {
    "length": "Int64",
    **{name: "Int64" if name in _COUNTS else "float64" for name in ErrorAtScale.__struct_fields__},
}


def length_of(case: Case) -> int | None:
    """Return how many logits a row has; a feature map has none."""
    return case.input.shape[-1] if isinstance(case.input, Logits) else None


def length_cells(case: Case) -> Row:
    """Return what each row of a case says of its input, be the case measured or not."""
    return {"length": length_of(case)}


def frontier_rows(found: Frontiers) -> list[Row]:
    """Return one row a pattern."""
    return [
        {
            "pattern": frontier.pattern,
            "threshold": _threshold(frontier),
            "failure": _failure_words(frontier),
            "operator": frontier.operator,
        }
        for frontier in found.patterns
    ]


def error_rows(found: Errors) -> list[Row]:
    """Return one row a scale."""
    return [{name: getattr(each, name) for name in ErrorAtScale.__struct_fields__} for each in found.scales]


def _failure_words(frontier: Frontier) -> str:
    if frontier.failure is None:
        return NEVER
    return SPELLED_OUT.get(frontier.failure, frontier.failure.value)


def _threshold(frontier: Frontier) -> float | None:
    value = frontier.value
    return inf if value is not None and isnan(value) else value
