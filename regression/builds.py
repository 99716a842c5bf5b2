"""One figure: the same case built anew in each version, sampled in random order.

What a build's memory addresses do to its speed stays with it for its lifetime, 2 to 6% on a small machine, and no
longer sampling shows it. So each figure has builds of its own, and many builds make a comparison.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.case_sampling import garbage_collector_off
from bench.cuda_device import made_current
from bench.failures import refuse_nan
from bench.prepared import Timed
from bench.sampling import calls_per_sample
from suites.catalog import SUITES

from .own_time import own_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from bench.clocks import Clock
    from results.records import Case

    from .version import Version

#: Samples of each build, of short calls...
MOST_SAMPLES = 4
#: ...and of long ones as many as this takes: more builds then say more than more samples of each.
SAMPLING_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One version of a case: base, its twin, or head."""

    version: Version
    case: Case


class ArmError(Exception):
    """An arm cannot be built or run; the cause is the exception that it raised."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(slots=True, kw_only=True)
class Builds:
    """Builds the arms again and again."""

    arms: Sequence[Arm]
    clock: Clock
    draw: Random
    calls: int = 0
    """Calls a sample, the same for all arms; 0: the first build finds out."""
    samples: int = MOST_SAMPLES
    """Samples of each build."""

    def time(self) -> tuple[float, ...]:
        """Build each arm, and return the seconds of a call of each: the fastest of its samples.

        Other programs only ever add time, and of a build there are too few samples for a median to leave them out.

        Raises:
            ArmError: an arm raised something, or returned NaN.

        """
        timed: list[Timed | None] = [None] * len(self.arms)
        for index in self._shuffled():
            timed[index] = self._build(index)
        if not self.calls:
            call_s = self._seconds(0, timed[0], 1)
            self.calls = calls_per_sample(call_s, self.clock)
            self.samples = min(MOST_SAMPLES, max(1, round(SAMPLING_S / (call_s * self.calls))))
        samples: list[list[float]] = [[] for _ in self.arms]
        # What the builds left is collected now: a collection while one arm is timed would count against it.
        gc.collect(0)
        with garbage_collector_off():
            for _ in range(self.samples):
                for index in self._shuffled():
                    samples[index].append(self._seconds(index, timed[index], self.calls) / self.calls)
        return tuple(map(min, samples))

    def _shuffled(self) -> list[int]:
        """Return the arms in an order of its own: a fixed one would favour a place in it."""
        return self.draw.sample(range(len(self.arms)), len(self.arms))

    def _build(self, index: int) -> Timed:
        arm = self.arms[index]
        try:
            with arm.version.active(), made_current(arm.case.device):
                timed = SUITES[arm.case.suite].prepare(arm.case, arm.version.registry)
                assert isinstance(timed, Timed)  # noqa: S101 - the suites of arms are timed
                if timed.move is not None:
                    timed.move(self.draw)
                # This call allocates; if calls are short, another fills the caches.
                refuse_nan(timed.call())
                if self.samples > 1:
                    timed.call()
        except Exception as error:
            raise ArmError(index) from error
        return timed

    def _seconds(self, index: int, timed: Timed | None, calls: int) -> float:
        assert timed is not None  # noqa: S101 - all arms have been built
        try:
            with self.arms[index].version.active(), made_current(self.arms[index].case.device):
                return own_seconds(lambda: self.clock.time(timed.call, calls))
        except Exception as error:
            raise ArmError(index) from error
