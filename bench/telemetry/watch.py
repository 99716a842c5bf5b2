"""What watches a device while a case is sampled, and says which samples to throw away."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Protocol

from results.records import Telemetry

from .boards import board_of
from .nvml import library
from .nvml_watch import NvmlWatch
from .ration import Ration

if TYPE_CHECKING:
    from collections.abc import Callable


class Watch(Protocol):
    """Is told of every sample of one case, and then sees it run alone."""

    def keep(self) -> bool:
        """Look at the device after a sample; False if the sample was throttled and should be thrown away."""

    def weigh(self, run: Callable[[], int]) -> None:
        """Have the case run alone until its energy can be told: some 2 s, or not at all without a counter.

        Args:
            run: makes some calls back to back, waits for them, and returns how many. It has been run just before, for
                the length of a counter's step.

        """

    def summary(self) -> Telemetry | None:
        """Return what was seen."""


class NoWatch:
    """There is nothing to watch: the CPU."""

    def keep(self) -> bool:
        """Keep every sample."""
        return True

    def weigh(self, run: Callable[[], int]) -> None:
        """Run nothing."""

    def summary(self) -> Telemetry | None:
        """Return None."""
        return None


class Unwatched:
    """There is a device that cannot be watched; the record says why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def keep(self) -> bool:
        """Keep every sample."""
        return True

    def weigh(self, run: Callable[[], int]) -> None:
        """Run nothing."""

    def summary(self) -> Telemetry:
        """Return nothing but the reason."""
        return Telemetry(notes=(self._why,))


def watch_for(device: str) -> Watch:
    """Return what watches a device such as ``cpu`` or ``cuda:0``; a new one for every case."""
    if device.partition(":")[0] != "cuda":
        return NoWatch()
    nvml = library()
    if isinstance(nvml, str):
        return Unwatched(nvml)
    board = board_of(device)
    return Unwatched(board) if isinstance(board, str) else NvmlWatch(nvml, board, _ration())


@cache
def _ration() -> Ration:
    """Return the ration of this process: while one device is asked, no other is measured."""
    return Ration(time.perf_counter)
