"""Run -> pandas.DataFrame of the suites about numbers: one row a pattern or a scale, not one an outcome.

``overflow_frame(run)`` has the columns of the case (see ``frame``) with the length of the row of logits, then:

- pattern: of the inputs
- threshold: the value of the growing input nearest to 0 at which it fails, the neighbour towards 0 does not; of random
  inputs and feature maps their scale. Infinite: it fails on a fixed pattern that is not finite, and this is its value
  (inf for one NaN, too: a NaN would read as an empty cell). Empty: it never fails, up to the dtype's largest number
- failure: raises, NaN output, inf output, all zeros, sum (of weights: not 1), no gradient (all zeros where the exact
  one is not). Empty where threshold is, and only there
- operator: the first one whose result has gone wrong there

``accuracy_frame(run)`` has the columns of the case and of ErrorAtScale.

A case that failed or was skipped has one row, with its error.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from math import inf, isnan
from typing import TYPE_CHECKING

from .frame import CASE_COLUMNS, ERROR_COLUMNS, Cell, case_cells, frame_of, in_plan_order
from .numerics import Fault
from .records import ErrorAtScale, Measured, Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from pandas import DataFrame

    from .records import Case, Frontier, Outcome, Run

OVERFLOW = "overflow"
ACCURACY = "accuracy"
LENGTH_COLUMNS = {"length": "Int64"}
FRONTIER_COLUMNS = {"pattern": "string", "threshold": "float64", "failure": "string", "operator": "string"}
#: In place of words that readers of CSV files take for an empty cell or a number.
SPELLED_OUT = {Fault.NAN: "NaN output", Fault.INF: "inf output"}
_COUNTS = ("elements", "not_finite", "below_normal")
ERROR_SCALE_COLUMNS = {field.name: "Int64" if field.name in _COUNTS else "float64" for field in fields(ErrorAtScale)}


def overflow_frame(run: Run) -> DataFrame:
    """Return one row a pattern of each case (see the module's docstring)."""
    return _frame(run, OVERFLOW, FRONTIER_COLUMNS, _frontier_cells)


def accuracy_frame(run: Run) -> DataFrame:
    """Return one row a scale of each case (see the module's docstring)."""
    return _frame(run, ACCURACY, ERROR_SCALE_COLUMNS, _error_cells)


def length_of(case: Case) -> int | None:
    """Return how many logits a row has; a feature map has none."""
    return case.shape[-1] if case.subject is Subject.OP else None


def _frame(
    run: Run, suite: str, columns: dict[str, str], cells: Callable[[Measured], list[dict[str, Cell]]]
) -> DataFrame:
    rows: list[dict[str, Cell]] = []
    for outcome in in_plan_order(run):
        if outcome.case.suite == suite:
            shared = case_cells(outcome) | {"length": length_of(outcome.case)}
            rows += [shared | each for each in _cells(outcome, cells)]
    return frame_of(rows, CASE_COLUMNS | LENGTH_COLUMNS | columns | ERROR_COLUMNS)


def _cells(outcome: Outcome, cells: Callable[[Measured], list[dict[str, Cell]]]) -> list[dict[str, Cell]]:
    return cells(outcome) if isinstance(outcome, Measured) else [{}]


def _frontier_cells(outcome: Measured) -> list[dict[str, Cell]]:
    return [
        {
            "pattern": frontier.pattern,
            "threshold": _threshold(frontier),
            "failure": None if frontier.failure is None else SPELLED_OUT.get(frontier.failure, frontier.failure.value),
            "operator": frontier.operator,
        }
        for frontier in outcome.frontiers or ()
    ]


def _threshold(frontier: Frontier) -> float | None:
    value = frontier.value
    return inf if value is not None and isnan(value) else value


def _error_cells(outcome: Measured) -> list[dict[str, Cell]]:
    return [asdict(error) for error in outcome.errors or ()]
