"""The process that measures: started once, told one block after the other, expected to die.

It talks over a pipe in pickles. Everything that an implementation prints goes to a file that the parent quotes when the
process dies.
"""

from __future__ import annotations

import faulthandler
import os
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from results.drift import Drift
from results.records import Failed, Sampled

from .forked import die_with, in_a_child
from .pulse import SharedPulse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Block, Case

    from .events import Event
    from .measure import Instruments, Settings

#: Samples wait this long for others to travel with: a message for each would cost up to a tenth of the shortest.
BATCH_S = 0.05
#: Ray ends processes, and not the one that has asked for most, when a machine has used 95% of its memory.
SPARED = 0.1
#: The status with which a process leaves that cannot measure any more, after it has told every outcome.
SPOILT_STATUS = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The first message: what every block needs."""

    instruments: Instruments
    settings: Settings
    devices: frozenset[str]
    """Of all cases of the run, such as ``cpu`` and ``cuda:0``."""
    fresh: bool = False
    """Whether each block has a process of its own, which says how fast the machine is before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Measure these cases."""

    block: Block
    earlier: Mapping[Case, tuple[Sampled, ...]]
    first_round: int = 0
    """Rounds before it belong to other processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What has happened since the last message."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The process has imported what it needs, or has finished its block."""

    busy_s: float
    """Time since the order came in, as the process saw it."""
    drift: Drift | None = None
    """How fast the machine was at the start and at the end of the block; None: that was not looked at."""


def main(pipe: int, pulse: int, parent: int) -> None:
    """Measure blocks until the parent closes the pipe.

    Args:
        pipe: descriptor of the connection.
        pulse: descriptor of the shared memory.
        parent: process id; when that process dies, this one does.

    """
    die_with(parent)
    for descriptor in (pipe, pulse):
        # What an implementation starts must not keep the pipe open: its end tells the parent of our death.
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - positional in the standard library
    # A crash writes where it happened into the file that the parent quotes.
    faulthandler.enable()
    connection = Connection(pipe)
    shared = SharedPulse(pulse)
    setup: Setup = connection.recv()
    # Imported before it says that it is ready.
    from . import measure  # noqa: F401 - by whoever measures a block

    if not setup.fresh:
        _settle(connection, setup)
    connection.send(Ready(busy_s=0.0))
    while True:
        try:
            order: Order = connection.recv()
        except EOFError:
            return
        if setup.fresh:
            in_a_child(partial(_measure_afresh, connection, shared, setup, order))
        else:
            connection.send(Ready(busy_s=_measure(connection, shared, setup, order)))


def _settle(connection: Connection[object, object], setup: Setup) -> None:
    """Bring the process into the state in which it measures."""
    from .heap import settle_heap
    from .limits import cap_cpu_memory

    # A copy of this process that an implementation forks, and that goes on here, must not speak for it.
    os.register_at_fork(after_in_child=connection.close)
    cap_cpu_memory(setup.devices, spared=SPARED if setup.fresh else 0.0)
    settle_heap()


def _measure_afresh(connection: Connection[object, object], shared: SharedPulse, setup: Setup, order: Order) -> None:
    """Measure a block in a process that does nothing else."""
    from .reference import reference_s

    _settle(connection, setup)
    device = order.block.shared.device
    before_s = reference_s(device)
    busy_s = _measure(connection, shared, setup, order)
    connection.send(Ready(busy_s=busy_s, drift=Drift(before_s=before_s, after_s=reference_s(device))))


def _measure(connection: Connection[object, object], shared: SharedPulse, setup: Setup, order: Order) -> float:
    """Measure a block, and return how many seconds that took."""
    from .failures import spoils_the_process
    from .measure import measure_block

    started = time.perf_counter()
    shared.follow(order.block.cases)
    outbox = _Outbox(connection)
    for event in measure_block(
        order.block,
        setup.instruments,
        setup.settings,
        pulse=shared,
        earlier=order.earlier,
        first_round=order.first_round,
        # No terminal's signal comes here: what ends processes elsewhere is an implementation's own doing.
        caught=BaseException,
    ):
        outbox.put(event)
        if isinstance(event, Failed) and spoils_the_process(event):
            outbox.flush()
            shared.rest()
            os._exit(SPOILT_STATUS)
    outbox.flush()
    shared.rest()
    return time.perf_counter() - started


class _Outbox:
    """Sends samples in batches, and everything else at once."""

    def __init__(self, connection: Connection[object, object]) -> None:
        self._connection = connection
        self._waiting: list[Event] = []
        self._sent_at = time.perf_counter()

    def put(self, event: Event) -> None:
        self._waiting.append(event)
        if not isinstance(event, Sampled) or time.perf_counter() - self._sent_at > BATCH_S:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._connection.send(Events(events=tuple(self._waiting)))
            self._waiting.clear()
        self._sent_at = time.perf_counter()
