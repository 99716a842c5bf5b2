"""What every frame and CSV file says of a case, and how rows become a pandas.DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from .kinds import Mode
from .outcomes import Failed, Measured, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pandas import DataFrame

    from .cases import Case
    from .outcomes import Outcome

Cell = str | int | float | bool | None
Row = dict[str, Cell]
#: Column -> pandas type.
Columns = dict[str, str]

CASE_COLUMNS: Columns = {
    "suite": "string",
    "implementation": "string",
    "options": "string",
    "subject": "string",
    "host": "string",
    "slot": "string",
    "input": "string",
    "batch_size": "Int64",
    "shape": "string",
    "dim": "Int64",
    "num_classes": "Int64",
    "dtype": "string",
    "device": "string",
    "direction": "string",
    "mode": "string",
    "timing": "string",
    "channels_last": "boolean",
    "threads": "Int64",
    "status": "string",
}
ERROR_COLUMNS: Columns = {"error": "string"}
#: By these the rows of counts, which are of one image, and those of times, memory and views belong together: each set
#: of them is one row of counts. They are columns of every CSV file of a run.
JOIN_KEYS = ("implementation", "options", "host", "slot", "input", "num_classes")


def frame_of(rows: Iterable[Row], columns: Mapping[str, str]) -> DataFrame:
    """Return a frame of these columns, each of its pandas type."""
    # Takes longer to import than all the rest of a report.
    import pandas as pd

    listed = list(rows)
    cells = {name: [row.get(name) for row in listed] for name in columns}
    return pd.DataFrame({name: pd.Series(cells[name], dtype=kind) for name, kind in columns.items()})


def case_cells(outcome: Outcome) -> Row:
    """Return what a row says of the case and of how it went."""
    row = case_row(outcome.case)
    match outcome:
        case Measured():
            return row | {"status": "measured"}
        case Skipped(reason=reason):
            return row | {"status": "skipped", "error": reason}
        case Failed(error=error):
            return row | {"status": "failed", "error": error}
        case _:
            assert_never(outcome)


def with_ends(name: str, value: float, low: float, high: float) -> Row:
    """Return a figure with both ends of its interval."""
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def case_row(case: Case) -> Row:
    """Return what a row says of the case."""
    return {
        "suite": case.suite,
        "implementation": case.implementation,
        "options": " ".join(f"{name}={value}" for name, value in case.options) or None,
        "subject": case.subject.value,
        "host": case.host,
        "slot": case.slot,
        "input": case.input.with_batch(1).name,
        "batch_size": case.input.batch,
        "shape": "x".join(map(str, case.shape)),
        "dim": case.input.dim,
        "num_classes": case.input.num_classes,
        "dtype": case.dtype,
        "device": case.device,
        "direction": case.direction.value,
        "mode": case.mode.value,
        "timing": case.timing.value,
        "channels_last": case.input.channels_last,
        "threads": case.threads,
    }


def reference_name(case: Case) -> str:
    """Return what a ratio's column calls the case that is divided by: its implementation, and how it ran if not eager.

    The plain network is ``none``, as in the column of implementations.
    """
    return case.implementation if case.mode is Mode.EAGER else f"{case.implementation}, {case.mode}"
