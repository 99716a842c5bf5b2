"""What lives on a machine for as long as a plan is carried out there: it starts the process that measures.

It knows nothing of what carries its calls and answers: an actor of Ray has it, or a test. All calls come one after the
other, from one thread: the kernel ends a child when the thread that has started it ends.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from results.records import Sampled

from ..errors import WorkerLostError
from ..events import Paused, Started
from ..executors.isolated import IsolatedExecutor
from ..executors.process import ProcessWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from results.drift import Drift
    from results.records import Block

    from ..events import Event
    from ..worker import Setup

Answer = TypeVar("Answer")

#: What tells libraries how many threads to use; they read it when they are loaded.
THREADS_VARIABLE = "OMP_NUM_THREADS"


class Batch(NamedTuple):
    """What has happened since the last batch."""

    events: tuple[Event, ...]
    is_last: bool
    """Whether the block is done."""
    drift: Drift | None = None
    """With the last one: how the speed of the machine changed."""


class Answered(NamedTuple):
    """What a function returned on the machine, and what it warned of, a line each."""

    value: object
    warnings: tuple[str, ...]


class Site(NamedTuple):
    """What a supervisor says of where it is."""

    cores: tuple[int, ...]
    """That it, and all that it starts, may run on."""
    threads: int
    folder: str
    """Its own, for what it is given: it is gone when the supervisor is closed."""


class Supervisor:
    """Measures blocks on this machine, each in a process of its own.

    Args:
        cores: how many of the cores that this process may run on are used; more than there are: all.

    """

    def __init__(self, cores: int) -> None:
        usable = sorted(os.sched_getaffinity(0))
        self._cores = tuple(usable[: max(1, cores)])
        # All that this process starts inherits both; torch has not been imported yet.
        os.sched_setaffinity(0, self._cores)
        os.environ[THREADS_VARIABLE] = str(len(self._cores))
        self._folder = tempfile.TemporaryDirectory(prefix="attnbench-")
        self._executor: IsolatedExecutor | None = None
        self._block: Iterator[Event] = iter(())

    def greet(self, function: Callable[..., object], *arguments: object) -> tuple[Site, Answered]:
        """Return where this is, and what a function says here that is given the supervisor's folder first."""
        site = Site(cores=self._cores, threads=len(self._cores), folder=self._folder.name)
        return site, self.ask(function, site.folder, *arguments)

    def ask(self, function: Callable[..., object], *arguments: object) -> Answered:
        """Return what a function of a module returns here, with what it warns of."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = function(*arguments)
        return Answered(value, tuple(dict.fromkeys(str(each.message) for each in caught)))

    def prepare(self, setup: Setup, time_limit_s: float) -> None:
        """Start the process from which those that measure are forked; it imports torch."""
        self._executor = IsolatedExecutor(lambda: ProcessWorker(setup), time_limit_s=time_limit_s)
        self._executor.__enter__()

    def begin(self, block: Block) -> Batch:
        """Begin with a block, and go on until there is something to tell (errors as in ``go_on``)."""
        if self._executor is None:
            msg = "the supervisor has not been told how to measure"
            raise WorkerLostError(msg)
        self._block = self._executor.run(block, {})
        return self.go_on()

    def go_on(self) -> Batch:
        """Go on with the block until there is something to tell, and nothing is timed.

        Samples come with their outcome: to send each of them would take time of the cores that are measured.

        Raises:
            WorkerLostError: nothing can be measured here.

        """
        events: list[Event] = []
        for event in self._block:
            if not isinstance(event, Sampled):
                events.append(event)
            if isinstance(event, Paused | Started):
                return Batch(tuple(events), is_last=False)
        drift = None if self._executor is None else self._executor.drift
        return Batch(tuple(events), is_last=True, drift=drift)

    def close(self) -> None:
        """End what measures, and remove the folder."""
        if self._executor is not None:
            self._executor.__exit__(None, None, None)
            self._executor = None
        with suppress(OSError):
            self._folder.cleanup()
