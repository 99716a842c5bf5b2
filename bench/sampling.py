"""Warm up until steady, choose how many calls make a sample, take samples."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clocks import Clock

#: A sample is at least this many times the clock's resolution: rounding then stays under 5%...
RESOLUTIONS_PER_SAMPLE = 20
#: ...and at least this long, so that an interrupt (some 10 us) is a small part of it.
SHORTEST_SAMPLE_S = 1e-3
#: Steps of an epoch follow one another: by then the caches that other cases have filled are theirs again.
SHORTEST_SEGMENT_S = 0.2
#: But a segment is at most this share of an epoch, so that an epoch is some segments long.
LARGEST_SEGMENT = 0.05
#: Two successive windows whose medians agree this well are steady.
STEADY = 0.05
WINDOW_CALLS = 3
SHORTEST_WINDOW_S = 20e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """What warming up took and found."""

    calls: int
    seconds: float
    call_s: float
    """Median time of one call in the last window."""
    steady: bool
    """The last two windows agreed; otherwise the time allowed ended first."""


def _nothing() -> None:
    """Do nothing."""


def warm_up(
    call: Callable[[], object], clock: Clock, allowed_s: float, before_each: Callable[[], object] = _nothing
) -> WarmUp:
    """Call until two successive windows agree, or the time allowed is spent; at least one window.

    Args:
        call: what to warm up; later samples must be of the same object, by which clocks know what they have learned.
        clock: of the call's device.
        allowed_s: no window starts after this many seconds.
        before_each: is called before every call, outside the time.

    """

    def timed() -> float:
        before_each()
        return clock.time(call, 1)

    calls, spent = 0, 0.0
    # The first call compiles, allocates and loads: it is no part of any window.
    spent += timed()
    calls += 1
    previous: float | None = None
    while True:
        window: list[float] = []
        while len(window) < WINDOW_CALLS or sum(window) < SHORTEST_WINDOW_S:
            window.append(timed())
            if spent + sum(window) > allowed_s:
                break
        calls += len(window)
        spent += sum(window)
        current = statistics.median(window)
        steady = previous is not None and abs(current - previous) <= STEADY * previous
        if steady or spent > allowed_s:
            return WarmUp(calls=calls, seconds=spent, call_s=current, steady=steady)
        previous = current


def calls_per_sample(call_s: float, clock: Clock, shortest_s: float = SHORTEST_SAMPLE_S) -> int:
    """Return how many calls make a sample that the clock can resolve and an interrupt does not dominate."""
    shortest = max(RESOLUTIONS_PER_SAMPLE * clock.resolution_s, shortest_s)
    return max(1, round(shortest / call_s + 0.5)) if call_s > 0 else 1000
