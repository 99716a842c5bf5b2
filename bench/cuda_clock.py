"""Times calls on a CUDA device with events, so that the CPU's launches are no part of the time.

Events that surround a call take the time from when the device reaches the first to when it reaches the second. If the
CPU launches more slowly than the device computes, the device waits in between, and the events measure the CPU. So the
device is kept busy before each call, outside its events, for as long as the CPU needs to launch it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from results.records import Timing

from .overhead import observed_overhead_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

EventT = TypeVar("EventT")

#: How long the device is held before a call of which nothing is known yet: some hundred launches of 5 us each.
FIRST_HOLD_S = 1e-3
#: The CPU is this many times as slow as at its best only when something disturbs it.
MARGIN = 1.5
#: The queue of a stream holds about a thousand launches, of some 20 us each in eager mode: by then the CPU has to wait
#: for the device anyway. Without a limit, a first call that compiles for a minute would hold the device for a minute.
#: Whether a hold was long enough shows in what the device did then.
LONGEST_HOLD_S = 20e-3
#: A device that is done with a call so soon after the call's last launch, as a share of the call, has waited for it.
SOON = 0.05
#: Readings from which the step of the events is found; each holds the device longer than the one before by so much,
#: which is less than any step so far.
STEP_READINGS = 64
STEP_HOLD_S = 10e-9
#: What two readings of the same step may differ by: events tell whole nanoseconds, in milliseconds of single precision.
SAME_STEP_S = 0.5e-9
#: Calls of an empty call in one sample.
EMPTY_CALLS = 20

NAMES = {
    Timing.HOT: "CUDA events around each call, caches hot",
    Timing.COLD: "CUDA events around each call, L2 cache flushed before each",
    Timing.GRAPH: "CUDA events around each replay of a CUDA graph, caches hot",
}


class Device(Protocol[EventT]):
    """What the clock asks of a device. All of it but ``wait`` only enters the device's queue."""

    def chosen(self) -> AbstractContextManager[object]:
        """Make it the current device inside the ``with`` block."""

    def event(self) -> EventT:
        """Return a timing event, which can be recorded again and again."""

    def record(self, event: EventT) -> None:
        """Put the event into the queue."""

    def between(self, start: EventT, end: EventT) -> float:
        """Return the seconds from one event to another; both have been waited for."""

    def hold(self, seconds: float) -> None:
        """Keep the device busy for at least so long, without touching its memory."""

    def flush(self) -> None:
        """Drive everything else out of the L2 cache."""

    def captured(self, call: Callable[[], object]) -> Callable[[], object]:
        """Return the replay of a CUDA graph of the call."""

    def wait(self) -> None:
        """Return when the queue is empty; raises what went wrong on the device."""


@dataclass(slots=True, kw_only=True)
class _Known:
    """What is known of one call."""

    call: Callable[[], object]
    """Kept: while it lives no other has its identity."""
    run: Callable[[], object]
    """The call itself, or the replay of its graph."""
    launch_s: float = FIRST_HOLD_S / MARGIN
    """Shortest time in which the CPU launched it. Only the shortest: where the queue is full, launching takes as long
    as the hold before it, and a hold that followed that would grow without end."""
    run_s: float = 0.0
    """Shortest time in which the device ran it."""


class CudaClock(Generic[EventT]):
    """Events around each call, the CPU always ahead. Keeps the calls it has timed, and their graphs, while it lives.

    What it learns of a call is good for that very object: warm up what is then sampled.

    A graph replays the same operations on the same memory: a call must neither synchronise, nor depend on values, nor
    go through a graph of autograd that was recorded on the default stream.
    """

    def __init__(
        self, device: Device[EventT], timing: Timing = Timing.HOT, now_ns: Callable[[], int] = time.perf_counter_ns
    ) -> None:
        self.name = NAMES[timing]
        self.host_bound = False
        self._device = device
        self._timing = timing
        self._now_ns = now_ns
        # By identity: what is equal to another call is still a call of its own, and not everything can be hashed.
        self._known: dict[int, _Known] = {}
        self._events: list[tuple[EventT, EventT]] = []
        self._begun: EventT | None = None

    @cached_property
    def resolution_s(self) -> float:
        """The smallest step that was observed between the readings of two events, in seconds."""
        start, end = self._device.event(), self._device.event()
        readings = []
        with self._device.chosen():
            for index in range(STEP_READINGS):
                self._device.record(start)
                self._device.hold(index * STEP_HOLD_S)
                self._device.record(end)
                self._device.wait()
                readings.append(self._device.between(start, end))
        steps = (later - earlier for earlier, later in pairwise(sorted(readings)))
        # Where all are equal, a step is longer than all of them.
        return min((step for step in steps if step > SAME_STEP_S), default=max(readings))

    @cached_property
    def overhead_s(self) -> float:
        """Seconds that the events show for an empty call, or for the replay of an empty graph."""
        return observed_overhead_s(self, calls=EMPTY_CALLS)

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the sum of the seconds that the device spent in each of this many calls."""
        with self._device.chosen():
            known = self._knowledge(call)
            # Events are made once: making one takes the CPU as long as a launch.
            self._events += [(self._device.event(), self._device.event()) for _ in range(calls - len(self._events))]
            begun = self._begun = self._begun or self._device.event()
            self._device.record(begun)
            launches = [self._launch(known, index) for index in range(calls)]
            self._device.wait()
            runs = [self._device.between(*pair) for pair in self._events[:calls]]
            # The queue was empty: CPU and device began at the same time.
            ahead = [
                self._device.between(begun, end) - launched
                for (_, end), launched in zip(self._events, accumulate(launches), strict=False)
            ]
        waits = sum(lead < SOON * run for lead, run in zip(ahead, runs, strict=True))
        self.host_bound = 2 * waits > calls
        first_time = known.run_s == 0.0
        known.launch_s = min(launches) if first_time else min(known.launch_s, *launches)
        known.run_s = min(runs) if first_time else min(known.run_s, *runs)
        return sum(runs)

    def wall_time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds that they take together back to back, by the CPU's clock, launches and waits included.

        Caches are hot, whatever the timing. For a call long enough to hide its launches, and unless ``time`` flushes
        caches, the two agree: a check on the events.
        """
        with self._device.chosen():
            run = self._knowledge(call).run
            self._device.wait()
            start_ns = self._now_ns()
            for _ in range(calls):
                run()
            self._device.wait()
            return (self._now_ns() - start_ns) * 1e-9

    def _launch(self, known: _Known, index: int) -> float:
        """Put one call into the queue; return the seconds that the CPU took for it."""
        start, end = self._events[index]
        begun_ns = self._now_ns()
        lead_s = min(known.launch_s * MARGIN, LONGEST_HOLD_S)
        # While the device runs a call, the CPU launches the next: only what it still lacks needs holding.
        hold_s = lead_s if index == 0 else lead_s - known.run_s
        if hold_s > 0:
            self._device.hold(hold_s)
        if self._timing is Timing.COLD:
            self._device.flush()
        self._device.record(start)
        known.run()
        self._device.record(end)
        return (self._now_ns() - begun_ns) * 1e-9

    def _knowledge(self, call: Callable[[], object]) -> _Known:
        known = self._known.get(id(call))
        if known is None:
            run = self._device.captured(call) if self._timing is Timing.GRAPH else call
            known = self._known[id(call)] = _Known(call=call, run=run)
        return known
