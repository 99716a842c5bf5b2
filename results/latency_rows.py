"""Times -> cells of a frame, with ratios of paired samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bandwidth import speed
from .kinds import Subject
from .rows import with_ends
from .stats import estimate, ratio

if TYPE_CHECKING:
    from .cases import Case
    from .index import Index
    from .machine import Telemetry
    from .rows import Columns, Row
    from .samples import Latency, Samples

TIME_COLUMNS: Columns = {
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
LATENCY_COLUMNS: Columns = {
    **TIME_COLUMNS,
    "ratio_to_plain": "float64",
    "ratio_low": "float64",
    "ratio_high": "float64",
    **DEVICE_COLUMNS,
}
#: Of logit functions that were timed beside a copy.
BESIDE_COPY_COLUMNS: Columns = {
    **TIME_COLUMNS,
    **{f"ratio_to_softmax{end}": "float64" for end in ("", "_low", "_high")},
    "least_bytes": "Int64",
    "bytes_per_s": "float64",
    **{f"share_of_copy{end}": "float64" for end in ("", "_low", "_high")},
    **DEVICE_COLUMNS,
}


def latency_cells(index: Index, case: Case, latency: Latency) -> Row:
    """Return what a row says of times, of their ratio to those of the plain network, and of the device."""
    cells = _times(latency.samples) | _device(latency.telemetry)
    plain = _baseline(index, case)
    found = None if plain is None or case.subject is not Subject.NETWORK else ratio(latency.samples, plain)
    if found is None:
        return cells
    return cells | {"ratio_to_plain": found.value, "ratio_low": found.low, "ratio_high": found.high}


def beside_copy_cells(index: Index, case: Case, latency: Latency) -> Row:
    """Return what a row says of times, of their ratio to PyTorch's softmax, and of bytes a second against a copy."""
    softmax = _baseline(index, case)
    against = None if softmax is None else ratio(latency.samples, softmax)
    fast = speed(case, latency.samples, index.copy_of(case))
    share = fast.share_of_copy
    return {
        **_times(latency.samples),
        **_device(latency.telemetry),
        **({} if against is None else with_ends("ratio_to_softmax", against.value, against.low, against.high)),
        "least_bytes": fast.least_bytes,
        "bytes_per_s": fast.bytes_per_s,
        **({} if share is None else with_ends("share_of_copy", share.value, share.low, share.high)),
    }


def _baseline(index: Index, case: Case) -> Samples | None:
    """Return the samples by which those of a case are divided."""
    found = index.baseline_of(case)
    return None if found is None else found.samples


def _times(samples: Samples) -> Row:
    found = estimate(samples)
    return {
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


def _device(telemetry: Telemetry | None) -> Row:
    if telemetry is None:
        return {}
    said = {name: getattr(telemetry, name) for name in DEVICE_COLUMNS}
    return said | {"throttle_reasons": "; ".join(telemetry.throttle_reasons) or None}
