"""Run -> pandas.DataFrame: one row an outcome, SI units, full digits.

``to_frame(run)`` has these columns:

- of the case: suite, implementation, options, subject, host, slot, batch_size, shape, dim, num_classes, dtype, device,
  direction, mode, timing, channels_last, threads
- status: measured, skipped or failed
- complexity, for a batch of one: parameters, and one column a counting rule, named by what one count stands for:
  madds_torchstat, macs_fvcore, flops_torch
- latency: median_s, low_s, high_s (95% interval), samples, calls_per_sample, outliers (kept), discarded (throttled,
  and taken again), throttled (and kept), host_bound (whether the device waited for the host), wall_s_per_call (back to
  back, by the host's clock, launches and waits included; empty on the CPU and with cold timing), overhead_s (of an
  empty call by the same clock: below ten times of it, more than a tenth of a time is the clock's), warmup_steady, stop,
  and ratio_to_plain, ratio_low, ratio_high against the case that differs only in having no attention: paired, and empty
  where the two have fewer than 6 rounds in common
- the device while it was timed, from NVML: sm_clock_hz, memory_clock_hz, temperature_c, power_w, energy_j (per call, of
  calls back to back with hot caches whatever the timing, idle power included), throttle_reasons,
  watched (samples after which it said whether the device was throttled), unwatched (samples after which it was not
  asked), power_capped (watched samples that were taken at the board's power limit, and kept), shared_board (the device
  is a part of a board: power, energy and temperature are the whole board's)
- memory, of one call: saved_bytes, peak_live_bytes, read_bytes, written_bytes, operators, and on CUDA allocated_bytes,
  reserved_bytes, process_bytes
- error: why a case was skipped or how it failed

Integers are Int64, other numbers float64; empty cells are <NA> and NaN.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, assert_never

from .compare import comparison_group
from .keys import content_key
from .records import PLAIN, Failed, Measured, Memory, Mode, Skipped, Subject
from .stats import estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame

    from .records import Case, Complexity, Count, Outcome, Run, Samples, Telemetry

Cell = str | int | float | bool | None

#: Column -> pandas type, in the order of the columns; the counting rules' columns come after ``parameters``.
CASE_COLUMNS = {
    "suite": "string",
    "implementation": "string",
    "options": "string",
    "subject": "string",
    "host": "string",
    "slot": "string",
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
COMPLEXITY_COLUMNS = {"parameters": "Int64"}
LATENCY_COLUMNS = {
    "median_s": "float64",
    "low_s": "float64",
    "high_s": "float64",
    "samples": "Int64",
    "calls_per_sample": "Int64",
    "outliers": "Int64",
    "discarded": "Int64",
    "throttled": "Int64",
    "host_bound": "boolean",
    "wall_s_per_call": "float64",
    "overhead_s": "float64",
    "warmup_steady": "boolean",
    "stop": "string",
    "ratio_to_plain": "float64",
    "ratio_low": "float64",
    "ratio_high": "float64",
}
DEVICE_COLUMNS = {
    "sm_clock_hz": "float64",
    "memory_clock_hz": "float64",
    "temperature_c": "float64",
    "power_w": "float64",
    "energy_j": "float64",
    "throttle_reasons": "string",
    "watched": "Int64",
    "unwatched": "Int64",
    "power_capped": "Int64",
    "shared_board": "boolean",
}
MEMORY_COLUMNS = {field.name: "Int64" for field in fields(Memory)}
ERROR_COLUMNS = {"error": "string"}


def to_frame(run: Run) -> DataFrame:
    """Return one row an outcome, in plan order (see the module's docstring)."""
    return _frame(in_plan_order(run), CASE_COLUMNS | _all_measured(run) | ERROR_COLUMNS)


def suite_frame(run: Run, suite: str) -> DataFrame:
    """Return the rows of one suite, without the columns that no case of it can fill.

    ``complexity`` has counts alone, ``latency`` seconds, ``memory`` bytes; other suites have all columns.
    """
    outcomes = [outcome for outcome in in_plan_order(run) if outcome.case.suite == suite]
    match suite:
        case "complexity":
            measured = COMPLEXITY_COLUMNS | _counts(run)
        case "latency":
            measured = LATENCY_COLUMNS | DEVICE_COLUMNS
        case "memory":
            measured = MEMORY_COLUMNS
        case _:
            measured = _all_measured(run)
    return _frame(outcomes, CASE_COLUMNS | measured | ERROR_COLUMNS)


def count_column(count: Count) -> str:
    """Return the name of a counting rule's column: ``madds_torchstat``."""
    return f"{count.unit.lower()}s_{count.rule}"


def frame_of(rows: list[dict[str, Cell]], columns: Mapping[str, str]) -> DataFrame:
    """Return a frame of these columns, each of its pandas type."""
    # Takes longer to import than all the rest of a report.
    import pandas as pd

    cells = {name: [row.get(name) for row in rows] for name in columns}
    return pd.DataFrame({name: pd.Series(cells[name], dtype=kind) for name, kind in columns.items()})


def _frame(outcomes: list[Outcome], columns: Mapping[str, str]) -> DataFrame:
    plain = _plain_samples(outcomes)
    return frame_of([_row(outcome, plain) for outcome in outcomes], columns)


def in_plan_order(run: Run) -> list[Outcome]:
    """Return the outcomes as planned; those of cases that are not planned come last."""
    position = {content_key(case): index for index, case in enumerate(run.plan.cases)}
    return sorted(run.outcomes, key=lambda outcome: position.get(content_key(outcome.case), len(position)))


def _all_measured(run: Run) -> dict[str, str]:
    return COMPLEXITY_COLUMNS | _counts(run) | LATENCY_COLUMNS | DEVICE_COLUMNS | MEMORY_COLUMNS


def _counts(run: Run) -> dict[str, str]:
    """Return one column a counting rule, in the order they were used."""
    return {
        count_column(count): "Int64"
        for outcome in run.outcomes
        if isinstance(outcome, Measured) and outcome.complexity is not None
        for count in outcome.complexity.counts
    }


def _plain_samples(outcomes: list[Outcome]) -> dict[Case, Samples]:
    return {
        comparison_group(outcome.case): outcome.samples
        for outcome in outcomes
        if isinstance(outcome, Measured)
        and outcome.samples is not None
        and outcome.case.implementation == PLAIN
        and outcome.case.subject is not Subject.OP
        and outcome.case.mode is Mode.EAGER
    }


def _row(outcome: Outcome, plain: Mapping[Case, Samples]) -> dict[str, Cell]:
    row = case_cells(outcome)
    if isinstance(outcome, Measured):
        if outcome.complexity is not None:
            row |= _complexity_cells(outcome.complexity)
        if outcome.samples is not None:
            row |= latency_cells(outcome.samples, plain.get(comparison_group(outcome.case)))
        if outcome.memory is not None:
            row |= asdict(outcome.memory)
        if outcome.telemetry is not None:
            row |= device_cells(outcome.telemetry)
    return row


def case_cells(outcome: Outcome) -> dict[str, Cell]:
    """Return what a row says of the case and of how it went."""
    row = _case_cells(outcome.case)
    match outcome:
        case Measured():
            return row | {"status": "measured"}
        case Skipped(reason=reason):
            return row | {"status": "skipped", "error": reason}
        case Failed(error=error):
            return row | {"status": "failed", "error": error}
        case _:
            assert_never(outcome)


def _case_cells(case: Case) -> dict[str, Cell]:
    return {
        "suite": case.suite,
        "implementation": case.implementation,
        "options": " ".join(f"{name}={value}" for name, value in case.options) or None,
        "subject": case.subject.value,
        "host": case.host,
        "slot": case.slot,
        "batch_size": case.shape[0],
        "shape": "x".join(str(size) for size in case.shape),
        "dim": case.dim,
        "num_classes": case.num_classes,
        "dtype": case.dtype,
        "device": case.device,
        "direction": case.direction.value,
        "mode": case.mode.value,
        "timing": case.timing.value,
        "channels_last": case.channels_last,
        "threads": case.threads,
    }


def device_cells(telemetry: Telemetry) -> dict[str, Cell]:
    """Return what a row says of the device while the case was timed."""
    said = {field.name: getattr(telemetry, field.name) for field in fields(telemetry) if field.name in DEVICE_COLUMNS}
    return said | {"throttle_reasons": "; ".join(telemetry.throttle_reasons) or None}


def _complexity_cells(complexity: Complexity) -> dict[str, Cell]:
    cells: dict[str, Cell] = {count_column(count): count.total for count in complexity.counts}
    return cells | {"parameters": complexity.parameters}


def latency_cells(samples: Samples, plain: Samples | None = None) -> dict[str, Cell]:
    """Return what a row says of times, and of their ratio to those of the plain host."""
    found = estimate(samples)
    cells: dict[str, Cell] = {
        "median_s": found.median_s,
        "low_s": found.low_s,
        "high_s": found.high_s,
        "samples": found.count,
        "calls_per_sample": samples.calls_per_sample,
        "outliers": found.outliers,
        "discarded": samples.discarded,
        "throttled": samples.throttled,
        "host_bound": samples.host_bound,
        "wall_s_per_call": samples.wall_s_per_call,
        "overhead_s": samples.overhead_s,
        "warmup_steady": samples.warmup_steady,
        "stop": samples.stop.value,
    }
    against = None if plain is None else ratio(samples, plain)
    if against is not None:
        cells |= {"ratio_to_plain": against.value, "ratio_low": against.low, "ratio_high": against.high}
    return cells
