"""Run -> pandas.DataFrame of functions on logits: one row an outcome, with bytes a second and two paired ratios.

``operators_frame(run)`` has the columns of the case and of latency (see ``frame``), and:

- ratio_to_softmax, ratio_to_softmax_low, ratio_to_softmax_high: time over that of PyTorch's softmax, with its interval
- least_bytes: what must be moved in a call (see ``bandwidth``); bytes_per_s: that over the median time
- share_of_copy, share_of_copy_low, share_of_copy_high: bytes a second over those of a copy, with its interval

A ratio is empty where the two were not sampled in at least 6 rounds together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bandwidth import OPERATORS, copy_of, speed
from .compare import baseline_of, comparison_group
from .frame import (
    CASE_COLUMNS,
    DEVICE_COLUMNS,
    ERROR_COLUMNS,
    LATENCY_COLUMNS,
    Cell,
    case_cells,
    device_cells,
    frame_of,
    in_plan_order,
    latency_cells,
)
from .records import Measured
from .stats import ratio

if TYPE_CHECKING:
    from pandas import DataFrame

    from .records import Case, Run
    from .stats import Ratio

_OF_PLAIN = ("ratio_to_plain", "ratio_low", "ratio_high")
SPEED_COLUMNS = {
    **{f"ratio_to_softmax{end}": "float64" for end in ("", "_low", "_high")},
    "least_bytes": "Int64",
    "bytes_per_s": "float64",
    **{f"share_of_copy{end}": "float64" for end in ("", "_low", "_high")},
}


def operators_frame(run: Run) -> DataFrame:
    """Return one row an outcome of the suite, in plan order (see the module's docstring)."""
    latency = {name: kind for name, kind in LATENCY_COLUMNS.items() if name not in _OF_PLAIN}
    groups: dict[Case, list[Measured]] = {}
    outcomes = [outcome for outcome in in_plan_order(run) if outcome.case.suite == OPERATORS]
    for outcome in outcomes:
        if isinstance(outcome, Measured):
            groups.setdefault(comparison_group(outcome.case), []).append(outcome)
    rows = [
        case_cells(outcome)
        | (_cells(outcome, groups[comparison_group(outcome.case)]) if isinstance(outcome, Measured) else {})
        for outcome in outcomes
    ]
    return frame_of(rows, CASE_COLUMNS | latency | SPEED_COLUMNS | DEVICE_COLUMNS | ERROR_COLUMNS)


def _cells(measured: Measured, group: list[Measured]) -> dict[str, Cell]:
    if measured.samples is None:
        return {}
    by_case = {each.case: each for each in group}
    softmax = baseline_of(by_case)
    baseline = None if softmax is None else by_case[softmax].samples
    found = speed(measured, copy_of(group))
    return {
        **latency_cells(measured.samples),
        **({} if measured.telemetry is None else device_cells(measured.telemetry)),
        **_with_ends("ratio_to_softmax", None if baseline is None else ratio(measured.samples, baseline)),
        "least_bytes": found.least_bytes,
        "bytes_per_s": found.bytes_per_s,
        **_with_ends("share_of_copy", found.share_of_copy),
    }


def _with_ends(name: str, found: Ratio | None) -> dict[str, Cell]:
    if found is None:
        return {}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
