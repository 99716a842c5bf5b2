"""Moments of a block in which nothing is timed, for whoever shows how it goes on: drawing takes CPU time and caches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from .events import Paused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from results.records import Case

#: Seconds of sampling between two of them.
EVERY_S = 1.0
#: The parent process hears of a pause within a millisecond, and draws a line within five.
LENGTH_S = 0.02


class Pauses(Protocol):
    """Are offered after every round."""

    def begin(self) -> None:
        """Count the time from here on."""

    def offer(self, case: Case) -> Iterator[Paused]:
        """Yield that nothing is timed now, and wait, if it is time for that."""


class NoPauses:
    """Nobody looks on."""

    def begin(self) -> None:
        """Do nothing."""

    def offer(self, case: Case) -> Iterator[Paused]:
        """Yield nothing."""
        del case
        yield from ()


class RegularPauses:
    """One pause a second, between two rounds.

    Args:
        now_s: seconds on a monotonic clock; tests bring their own.
        sleep: waits so many seconds.

    """

    def __init__(
        self, now_s: Callable[[], float] = time.perf_counter, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._now_s = now_s
        self._sleep = sleep
        self._last_s = now_s()

    def begin(self) -> None:
        """Count the time from here on."""
        self._last_s = self._now_s()

    def offer(self, case: Case) -> Iterator[Paused]:
        """Yield that nothing is timed now, and wait, if a second of sampling has passed."""
        if self._now_s() - self._last_s < EVERY_S:
            return
        yield Paused(case=case)
        self._sleep(LENGTH_S)
        self._last_s = self._now_s()
