"""Times -> cells of a frame, with ratios of paired samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bandwidth import speed
from .rate_rows import rate_cells, rate_columns
from .rows import reference_name, with_ends
from .stats import estimate, percentile_95, ratio

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .cases import Case
    from .index import Index
    from .machine import Telemetry
    from .outcomes import Outcome
    from .rows import Columns, Row
    from .samples import Latency, Samples

TIME_COLUMNS: Columns = {
    "median_s": "float64",
    "low_s": "float64",
    "high_s": "float64",
    "p95_s": "float64",
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
}
DEVICE_COLUMNS: Columns = {
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
#: What a time is divided by, and how many times as long it takes.
RATIO_COLUMNS: Columns = {"reference": "string", **{f"ratio{end}": "float64" for end in ("", "_low", "_high")}}
#: Of logit functions that were timed beside a copy.
BESIDE_COPY_COLUMNS: Columns = {
    **TIME_COLUMNS,
    **RATIO_COLUMNS,
    "least_bytes": "Int64",
    "bytes_per_s": "float64",
    **{f"share_of_copy{end}": "float64" for end in ("", "_low", "_high")},
    **DEVICE_COLUMNS,
}


def latency_columns(outcomes: Iterable[Outcome]) -> Columns:
    """Return the columns of times, of ratios, and of the rates that these cases have."""
    rates = rate_columns(outcome.case for outcome in outcomes)
    return TIME_COLUMNS | RATIO_COLUMNS | rates | DEVICE_COLUMNS


def latency_cells(index: Index, case: Case, latency: Latency) -> Row:
    """Return what a row says of times, of their ratio to those of its reference, of rates, and of the device."""
    times = _times(latency.samples)
    rates = rate_cells(case, estimate(latency.samples).median_s)
    return times | ratio_cells(index, case, latency) | rates | _device(latency.telemetry)


def ratio_cells(index: Index, case: Case, latency: Latency) -> Row:
    """Return by what a case is divided, and the ratio: empty where the two were not sampled in the same rounds."""
    divisor, divided_by = index.divisor_of(case), index.baseline_of(case)
    if divisor is None:
        return {}
    found = None if divided_by is None else ratio(latency.samples, divided_by.samples)
    return {"reference": reference_name(divisor)} | (
        {} if found is None else with_ends("ratio", found.value, found.low, found.high)
    )


def beside_copy_cells(index: Index, case: Case, latency: Latency) -> Row:
    """Return what a row says of times, of their ratio to PyTorch's softmax, and of bytes a second against a copy."""
    fast = speed(case, latency.samples, index.copy_of(case))
    share = fast.share_of_copy
    return {
        **_times(latency.samples),
        **_device(latency.telemetry),
        **ratio_cells(index, case, latency),
        "least_bytes": fast.least_bytes,
        "bytes_per_s": fast.bytes_per_s,
        **({} if share is None else with_ends("share_of_copy", share.value, share.low, share.high)),
    }


def _times(samples: Samples) -> Row:
    found = estimate(samples)
    return {
        "median_s": found.median_s,
        "low_s": found.low_s,
        "high_s": found.high_s,
        "p95_s": percentile_95(samples),
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


def _device(telemetry: Telemetry | None) -> Row:
    if telemetry is None:
        return {}
    said = {name: getattr(telemetry, name) for name in DEVICE_COLUMNS}
    return said | {"throttle_reasons": "; ".join(telemetry.throttle_reasons) or None}
