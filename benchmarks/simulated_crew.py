"""Workers that measure nothing, on a clock of their own: what a driver has to deal with, without what takes long.

A block takes the time that it should take, and gives made-up results. Machines die, and others join in their place. The
driver's own time passes on the workers' clock too: while it deals with one, the others wait for it.
"""

from __future__ import annotations

import pickle
import random
import time
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from bench.cluster.crew import Finished, Joined, Lost, Told
from bench.events import Started
from results.drift import Drift
from results.records import Block, Failed, FailureKind, Latency, Measured, Sampled, Samples, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from bench.cluster.crew import Happening
    from bench.cluster.leases import Lease
    from bench.events import Event
    from results.records import Case

SAMPLES = 30
CALLS_EACH = 4
#: Until another machine takes the place of one that died.
BOOT_S = 120.0
#: Of the machines that die, the share whose results arrive nevertheless, when nobody waits for them any more.
LATE = 0.25
#: A worker that was there for less is not judged by how long it was idle.
JUDGED_FROM_S = 60.0


def seconds_of(case: Case) -> tuple[float, ...]:
    """Return the made-up seconds of a case: the same in every process, and others for every case."""
    drawn = random.Random(repr((case.implementation, case.host, case.slot, case.dtype, case.direction, case.input)))
    return tuple(drawn.lognormvariate(-5, 0.02) for _ in range(SAMPLES))


def told_of(case: Case, largest: int | None) -> list[Event]:
    """Return all that a worker tells of a case: that it began, its samples, and what came of it.

    Args:
        case: that is measured.
        largest: batch that its memory holds; None: any.

    """
    if largest is not None and case.input.batch > largest:
        return [Started(case=case), Failed(case=case, kind=FailureKind.OUT_OF_MEMORY, error="made up")]
    seconds = seconds_of(case)
    samples = Samples(
        seconds=seconds,
        rounds=tuple(range(SAMPLES)),
        calls_per_sample=CALLS_EACH,
        warmup_calls=10,
        warmup_s=0.1,
        stop=StopReason.PRECISION,
        precision=0.02,
        clock="made up",
        overhead_s=1e-7,
    )
    sampled = (Sampled(case=case, round=number, seconds=each, calls=CALLS_EACH) for number, each in enumerate(seconds))
    return [Started(case=case), *sampled, Measured(case=case, result=Latency(samples=samples))]


class _Join(NamedTuple):
    """A machine joins."""


class _Die(NamedTuple):
    """A machine dies."""

    worker: str


class _Tell(NamedTuple):
    """A case of a block has ended; after the last, the block."""

    lease: Lease
    block: Block
    ended: int
    each_s: float


_Step = _Join | _Die | _Tell


@dataclass(slots=True)
class _Presence:
    """How long a worker was there while blocks waited, and how much of that it had none."""

    joined_s: float
    idle_since_s: float | None
    idle_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong."""

    lifetime_s: float
    """How long a machine lives, on average."""
    deadly: Collection[int] = ()
    """Places of blocks that take down whatever machine measures them."""
    largest: Callable[[Case], int | None] = field(default=lambda _: None)
    """The largest batch of a case that fits into memory; None: any."""


class SimulatedCrew:
    """A crew on a simulated clock.

    Args:
        workers: how many there are.
        seconds: that a block takes.
        waiting: how many blocks nobody is at.
        faults: what goes wrong.
        seed: of everything that is drawn.
        clock: of the driver's own time.

    """

    def __init__(
        self,
        workers: int,
        seconds: Callable[[Block], float],
        waiting: Callable[[], int],
        faults: Faults,
        *,
        seed: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._seconds, self._waiting, self._faults, self._clock = seconds, waiting, faults, clock
        self._drawn = random.Random(seed)
        self._due: list[tuple[float, int, _Step]] = []
        self._steps = 0
        self._presences: dict[str, _Presence] = {}
        self._leases: dict[str, Lease] = {}
        self._waited_s = 0.0
        self._idle: list[float] = []
        self._names = 0
        self._left_at = clock()
        self.now_s = 0.0
        """On the simulated clock."""
        self.driver_s = 0.0
        """The driver's own time, on the real one."""
        self.losses = 0
        """Machines that died."""
        self.late = 0
        """Messages of machines that had been given up."""
        for _ in range(workers):
            self._at(0.0, _Join())

    def start(self, lease: Lease, block: Block) -> None:
        """Begin with a block: its cases take turns, and end one after the other."""
        self._enter()
        presence = self._presences[lease.worker]
        if presence.idle_since_s is None:
            msg = f"{lease.worker} has two blocks at once"
            raise RuntimeError(msg)
        presence.idle_s += self._waited_s - presence.idle_since_s
        presence.idle_since_s = None
        self._leases[lease.worker] = lease
        step_s = self._seconds(block) / len(block.cases)
        self._at(self.now_s + step_s, _Tell(lease, block, 0, step_s))
        if lease.place in self._faults.deadly:
            self._at(self.now_s + step_s / 2, _Die(lease.worker))
        self._leave()

    def wait(self) -> Sequence[Happening]:
        """Go to the next moment at which something happens; results come as the bytes that a worker would send."""
        self._enter()
        found: list[Happening | bytes] = []
        while self._due and not found:
            self._pass(self._due[0][0] - self.now_s)
            while self._due and self._due[0][0] <= self.now_s:
                found += self._carry_out(heappop(self._due)[2])
        self._leave()
        # To take the bytes apart is the driver's own time; they are this process's own.
        return [pickle.loads(each) if isinstance(each, bytes) else each for each in found]  # noqa: S301

    def idle_shares(self) -> list[float]:
        """Return, of each worker, the share of the time in which it had no block though some waited."""
        return [*self._idle, *(share for each in self._presences.values() for share in self._share_of(each))]

    def _carry_out(self, step: _Step) -> Iterator[Happening | bytes]:
        match step:
            case _Join():
                self._names += 1
                worker = f"node{self._names:03}"
                self._presences[worker] = _Presence(joined_s=self._waited_s, idle_since_s=self._waited_s)
                self._at(self.now_s + self._drawn.expovariate(1 / self._faults.lifetime_s), _Die(worker))
                yield Joined(worker, "made up", frozenset({"cpu"}))
            case _Die():
                yield from self._die(step.worker)
            case _Tell():
                yield from self._tell(step)

    def _die(self, worker: str) -> Iterator[Happening]:
        presence = self._presences.pop(worker, None)
        if presence is None:
            return
        self._idle += self._share_of(presence)
        self.losses += 1
        if self._drawn.random() > LATE:
            self._leases.pop(worker, None)
        self._at(self.now_s + BOOT_S, _Join())
        yield Lost(worker, "its node died")

    def _tell(self, step: _Tell) -> Iterator[bytes]:
        lease = step.lease
        if self._leases.get(lease.worker) != lease:
            return
        self.late += lease.worker not in self._presences
        if step.ended < len(step.block.cases):
            case = step.block.cases[step.ended]
            yield pickle.dumps(Told(lease, told_of(case, self._faults.largest(case))))
            following = step._replace(ended=step.ended + 1)
            is_last = following.ended == len(step.block.cases)
            self._at(self.now_s + (0.0 if is_last else step.each_s), following)
            return
        del self._leases[lease.worker]
        if lease.worker in self._presences:
            self._presences[lease.worker].idle_since_s = self._waited_s
        yield pickle.dumps(Finished(lease, Drift(before_s=1e-3, after_s=1e-3)))

    def _share_of(self, presence: _Presence) -> list[float]:
        there_s = self._waited_s - presence.joined_s
        idle_s = presence.idle_s + (0.0 if presence.idle_since_s is None else self._waited_s - presence.idle_since_s)
        return [idle_s / there_s] if there_s >= JUDGED_FROM_S else []

    def _at(self, moment_s: float, step: _Step) -> None:
        # Of two at one moment, the one that was arranged first.
        self._steps += 1
        heappush(self._due, (moment_s, self._steps, step))

    def _pass(self, seconds: float) -> None:
        if seconds > 0:
            self.now_s += seconds
            self._waited_s += seconds if self._waiting() else 0.0

    def _enter(self) -> None:
        """Count what has passed since the driver had the word as its own time, on both clocks."""
        passed_s = self._clock() - self._left_at
        self.driver_s += passed_s
        self._pass(passed_s)

    def _leave(self) -> None:
        self._left_at = self._clock()
