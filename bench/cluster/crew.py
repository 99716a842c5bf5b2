"""The workers of a plan as the driver sees them: it hands out blocks, and is told what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.drift import Drift
    from results.records import Block

    from ..events import Event
    from .leases import Lease


class Joined(NamedTuple):
    """A worker is ready for its first block. One that was lost may come again, under the same name or another."""

    worker: str
    kind: str
    """Of its machine."""
    devices: frozenset[str]
    """On which it measures, as cases name them: ``cpu``, ``cuda:0``."""


class Told(NamedTuple):
    """What happened while a block was measured, in its order: some of its events, or all."""

    lease: Lease
    events: Sequence[Event]


class Finished(NamedTuple):
    """A block is done: everything of it was told before."""

    lease: Lease
    drift: Drift | None = None
    """How the speed of the machine changed meanwhile; None: that was not looked at."""


class Lost(NamedTuple):
    """A worker is gone: its machine died, its process cannot be started, it does not answer."""

    worker: str
    why: str
    """In a few words, for the outcome of a block that is given up."""


Happening = Joined | Told | Finished | Lost


class Crew(Protocol):
    """Workers, somewhere. Whoever opened it ends it: the driver does not."""

    def start(self, lease: Lease, block: Block) -> None:
        """Let the lease's worker measure a block; returns at once. If it is gone by now, ``wait`` says so."""

    def wait(self) -> Sequence[Happening]:
        """Wait until something happens, and return it, in its order.

        Nothing, if that takes longer than the crew has patience. If nobody is at work and none that is there can
        measure what is left, the driver then gives up: so a crew that has nobody at work waits as long as it is worth
        for machines to join.
        """


class NobodyLeftError(Exception):
    """Blocks are left that none of the workers that are there can measure.

    Args:
        places: of these blocks, in the plan.
        workers: how many workers there are.

    """

    def __init__(self, places: tuple[int, ...], workers: int) -> None:
        self.places = places
        self.workers = workers
        there = "no worker is there" if not workers else f"none of {workers} workers that are there can measure them"
        super().__init__(f"{len(places)} blocks are left, and {there}")
