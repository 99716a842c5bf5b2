"""What a clock takes itself: the time that it shows for an empty call."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

#: Samples of an empty call, and how many of them are left out at the beginning. All take some milliseconds.
OVERHEAD_SAMPLES = 14
OVERHEAD_WARM_UP = 3


class TakesTime(Protocol):
    """The part of a clock that is looked at."""

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the seconds that this many calls take together."""


def empty_call() -> None:
    """Do nothing: what a clock shows for it is its own time."""


def observed_overhead_s(clock: TakesTime, calls: int) -> float:
    """Return the median time of an empty call by a clock, in seconds.

    Args:
        clock: what takes the time.
        calls: so many make a sample.

    """
    samples = [clock.time(empty_call, calls) / calls for _ in range(OVERHEAD_SAMPLES)]
    # The first ones teach the clock how long it takes to launch nothing.
    return statistics.median(samples[OVERHEAD_WARM_UP:])
