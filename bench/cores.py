"""Do the threads of this process get the cores that they need? Asked between rounds, of the kernel's CPU times.

The threads of an operator wait for the slowest of them, and spin while they wait. So a process in which one thread has
no core looks busy by its own CPU time, as it does by the load of the machine. What tells is how much of its cores
others had: all that was busy on them, or was given to other machines, less what this process used.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .events import Starved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from results.records import Case

STAT = Path("/proc/stat")
TASKS = Path("/proc/self/task")
#: Of proc_stat(5), after a core's name: idle and iowait are no work; guests' time, behind stolen, is in the first two.
BUSY = (0, 1, 2, 5, 6, 7)
#: Looking takes some 0.1 ms: after a round that ends so soon after the last look it is left out.
LOOK_S = 0.1
#: A tick of the kernel's is 10 ms, and so much time has 50 of them on each core.
JUDGED_S = 0.5
#: So much of a core that threads lack, on average: a thread that shares its core with another program lacks a half.
STARVED = 0.25
SEVERAL = (
    "{threads} threads had {idle:.1f} idle cores to run on: all wait for the slowest, and a call may take a hundred "
    "times as long; take --threads 1, or end what else runs, see: attnbench doctor"
)
ONE = (
    "the thread that measures had {idle:.0%} of a core, as others use the cores: times are too long; end what else "
    "runs, see: attnbench doctor"
)


class Taken(NamedTuple):
    """What others had."""

    cores: int
    """That threads of this process may run on."""
    seconds: float
    """Of these cores, since it was asked before."""


class Cores(Protocol):
    """The cores of this process, and who else is on them."""

    def taken(self) -> Taken | None:
        """Return what others had of them since the last call; None if nobody counts."""


class Uncounted:
    """Nobody counts."""

    def taken(self) -> None:
        """Return nothing."""


class LinuxCores:
    """Linux counts by core, in ticks, since it began.

    Args:
        stat: the kernel's CPU times.
        usable: the cores that threads of this process may run on.
        own_s: the CPU time of this process, all threads together.
        tick_s: seconds a tick.

    """

    def __init__(
        self,
        stat: Path = STAT,
        usable: Callable[[], frozenset[int]] | None = None,
        own_s: Callable[[], float] = time.process_time,
        tick_s: float | None = None,
    ) -> None:
        self._stat = str(stat)
        self._usable = usable or cores_of_threads
        self._own_s = own_s
        self._tick_s = tick_s or 1 / os.sysconf("SC_CLK_TCK")
        self._ticks: dict[int, int] = {}
        self._before_s = 0.0

    def taken(self) -> Taken | None:
        """Return what others had of them since the last call; None if the system does not tell."""
        try:
            now, usable = _busy_ticks(self._stat), self._usable()
        except (OSError, IndexError, ValueError):
            return None
        own_s = self._own_s()
        ticks = sum(now.get(core, 0) - self._ticks.get(core, 0) for core in usable)
        seconds = ticks * self._tick_s - (own_s - self._before_s)
        self._ticks, self._before_s = now, own_s
        return Taken(len(usable), seconds)


def cores_of_threads() -> frozenset[int]:
    """Return the cores that any thread of this process may run on: OpenMP may bind each of its own to one.

    Raises:
        OSError: the system has no such files.

    """
    found: set[int] = set()
    for task in os.listdir(TASKS):  # noqa: PTH208 - names alone, and fast
        try:
            found |= os.sched_getaffinity(int(task))
        except ProcessLookupError:
            # It has ended since.
            continue
    return frozenset(found)


def _busy_ticks(stat: str) -> dict[int, int]:
    """Return core -> ticks in which it was busy, or was given to another machine."""
    # Without text and buffers: what follows the cores is long, and read for nothing.
    descriptor = os.open(stat, os.O_RDONLY)
    try:
        found = os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)
    lines = (line.split() for line in found.split(b"\nintr", 1)[0].splitlines()[1:])
    return {int(line[0].removeprefix(b"cpu")): sum(int(line[1 + place]) for place in BUSY) for line in lines}


class Watcher(Protocol):
    """Watches the cores for the time of a block, and speaks up once."""

    def begin(self) -> None:
        """Watch from here on."""

    def look(self, case: Case, *, least_s: float = LOOK_S) -> Iterator[Starved]:
        """Yield that there are too few, at most once.

        Args:
            case: the one at hand.
            least_s: do nothing if less time has passed since the last look.

        """


class NoWatcher:
    """Watches nothing."""

    def begin(self) -> None:
        """Do nothing."""

    def look(self, case: Case, *, least_s: float = LOOK_S) -> Iterator[Starved]:
        """Yield nothing."""
        del case, least_s
        yield from ()


class CoreWatcher:
    """Adds up the time that it has watched, and judges as soon as that is enough.

    Args:
        threads: of an operator.
        cores: what they run on.
        now_s: a clock.

    """

    def __init__(self, threads: int, cores: Cores, now_s: Callable[[], float]) -> None:
        self._threads = threads
        self._cores = cores
        self._now_s = now_s
        self._since_s = 0.0
        self._watched_s = 0.0
        self._taken_s = 0.0
        self._is_done = False

    def begin(self) -> None:
        """Watch from here on; what was before is nobody's time."""
        self._is_done = self._is_done or self._cores.taken() is None
        self._since_s = self._now_s()

    def look(self, case: Case, *, least_s: float = LOOK_S) -> Iterator[Starved]:
        """Yield that there are too few, at most once."""
        now_s = self._now_s()
        if self._is_done or now_s - self._since_s < least_s:
            return
        taken = self._cores.taken()
        if taken is None:
            self._is_done = True
            return
        self._taken_s += taken.seconds
        self._watched_s += now_s - self._since_s
        self._since_s = now_s
        if self._watched_s < JUDGED_S:
            return
        # Ticks are coarse: others may seem to have had less than nothing, or more than there is.
        idle = min(max(taken.cores - self._taken_s / self._watched_s, 0.0), taken.cores)
        self._taken_s = self._watched_s = 0.0
        if self._threads - idle >= STARVED:
            self._is_done = True
            words = (SEVERAL if self._threads > 1 else ONE).format(threads=self._threads, idle=idle)
            yield Starved(case=case, line=words)
