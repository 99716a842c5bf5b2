"""Clocks: each takes the time of a number of calls on its device, the device's queue included."""

from __future__ import annotations

from functools import cached_property

# By name: what a module puts in the place of time.perf_counter_ns while it is timed does not time it.
from time import perf_counter_ns
from typing import TYPE_CHECKING, Protocol

from results.records import Timing

from .overhead import observed_overhead_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class Clock(Protocol):
    """Takes the time of calls; tests inject a fake one."""

    name: str
    """In words, for the record."""

    @property
    def resolution_s(self) -> float:
        """The smallest step that was observed between two readings of it."""

    @property
    def overhead_s(self) -> float:
        """Seconds that it shows for an empty call: what it takes itself."""

    host_bound: bool
    """Whether the device had to wait for the CPU when time was last taken: the figure is then the CPU's."""

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds that this many calls take together."""

    def wall_time(self, call: Callable[[], object], calls: int) -> float | None:
        """Return the seconds that they take together back to back, by the CPU's clock, launches and waits included.

        None, without a call, where ``time`` reads that clock anyway.
        """


class Waited(Protocol):
    """What a clock asks of a device that it waits for."""

    def chosen(self) -> AbstractContextManager[object]:
        """Make it the current device inside the ``with`` block."""

    def wait(self) -> None:
        """Return when its queue is empty."""


class CpuClock:
    """The monotonic nanosecond clock of the CPU, around synchronous calls."""

    name = "host monotonic clock"
    # The CPU is the device.
    host_bound = False

    @cached_property
    def resolution_s(self) -> float:
        """The smallest step that was observed between two readings of it."""
        return observed_resolution_s()

    @cached_property
    def overhead_s(self) -> float:
        """Seconds that it shows for an empty call: what it takes itself."""
        return observed_overhead_s(self, calls=1000)

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds that this many calls take together."""
        repeats = range(calls)
        start = perf_counter_ns()
        for _ in repeats:
            call()
        return (perf_counter_ns() - start) * 1e-9

    def wall_time(self, call: Callable[[], object], calls: int) -> None:
        """Call nothing: it would be the same time."""


class WaitingClock:
    """The CPU's clock around calls whose device is waited for: what somebody waits for who trains a network."""

    name = "host monotonic clock, the device waited for at the end of each sample"
    # The time is the CPU's, by intent.
    host_bound = False

    def __init__(self, device: Waited, now_ns: Callable[[], int] = perf_counter_ns) -> None:
        self._device = device
        self._now_ns = now_ns

    @cached_property
    def resolution_s(self) -> float:
        """The smallest step that was observed between two readings of it."""
        return observed_resolution_s()

    @cached_property
    def overhead_s(self) -> float:
        """Seconds that it shows for an empty call: what it takes itself."""
        return observed_overhead_s(self, calls=1000)

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds that this many calls take together, until the device is done with them."""
        with self._device.chosen():
            self._device.wait()
            start_ns = self._now_ns()
            for _ in range(calls):
                call()
            self._device.wait()
            return (self._now_ns() - start_ns) * 1e-9

    def wall_time(self, call: Callable[[], object], calls: int) -> float:
        """Return the same: energy is counted while it runs."""
        return self.time(call, calls)


def observed_resolution_s(readings: int = 1000) -> float:
    """Return the smallest step between two readings of the CPU clock that differ, in seconds."""
    steps = []
    last = perf_counter_ns()
    for _ in range(readings):
        now = perf_counter_ns()
        if now != last:
            steps.append(now - last)
        last = now
    return min(steps, default=1) * 1e-9


def clock_for(device: str, timing: Timing = Timing.HOT) -> Clock:
    """Return the clock of a device.

    Args:
        device: such as ``cpu`` or ``cuda:0``.
        timing: state of the caches and way of launching.

    Raises:
        ValueError: the CPU is not timed like this.

    """
    if device.partition(":")[0] == "cuda":
        # Only here: the CPU's clock must not wait for torch to be imported.
        from .cuda_clock import CudaClock
        from .cuda_device import TorchDevice

        return CudaClock(TorchDevice(device), timing)
    if timing is not Timing.HOT:
        msg = f"{timing} timing needs a CUDA device; on the {device} there is only {Timing.HOT}"
        raise ValueError(msg)
    return CpuClock()


def wall_clock_for(device: str) -> Clock:
    """Return the CPU's clock, which waits for a device that has a queue of its own."""
    if device.partition(":")[0] != "cuda":
        return CpuClock()
    from .cuda_device import TorchDevice

    return WaitingClock(TorchDevice(device))
