"""Clocks: each takes the time of a number of calls on its device, the device's queue included."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(Protocol):
    """Takes the time of calls; tests inject a fake one."""

    name: str
    """In words, for the record."""

    resolution_s: float

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds that this many calls take together."""


class CpuClock:
    """The monotonic nanosecond clock of the host, around synchronous calls."""

    name = "host monotonic clock"

    def __init__(self) -> None:
        self.resolution_s = observed_resolution_s()

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds that this many calls take together."""
        repeats = range(calls)
        start = time.perf_counter_ns()
        for _ in repeats:
            call()
        return (time.perf_counter_ns() - start) * 1e-9


class CudaEventClock:
    """Events on the current stream around the calls; waits for the device before it reads them."""

    name = "CUDA events"
    # cudaEventElapsedTime resolves about half a microsecond (CUDA runtime API, event management).
    resolution_s = 0.5e-6

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds between the events before and after this many calls."""
        with torch.cuda.device(self._device):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            torch.cuda.synchronize()
            start.record()
            for _ in range(calls):
                call()
            end.record()
            end.synchronize()
            return float(start.elapsed_time(end)) * 1e-3


def observed_resolution_s(readings: int = 1000) -> float:
    """Return the smallest step between two readings of the host clock that differ, in seconds."""
    steps = []
    last = time.perf_counter_ns()
    for _ in range(readings):
        now = time.perf_counter_ns()
        if now != last:
            steps.append(now - last)
        last = now
    return min(steps, default=1) * 1e-9


def clock_for(device: str) -> Clock:
    """Return the clock of a device such as ``cpu`` or ``cuda:0``."""
    parsed = torch.device(device)
    return CudaEventClock(parsed) if parsed.type == "cuda" else CpuClock()
