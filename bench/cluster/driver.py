"""Carries out a plan with a crew: hands out block after block, and keeps what came of each as a whole.

A block's outcomes are kept when all of them are there, in one go, and shown after that: what is shown is on the disk.
Of a worker that is lost nothing is kept, so that no two machines, and no two tries, share a block.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, assert_never

from results.records import Failed, FailureKind, Measured, Skipped

from .crew import Finished, Joined, Lost, NobodyLeftError, Told
from .leases import GivenUp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from results.drift import Drift
    from results.records import Case, Outcome

    from ..events import Event
    from .crew import Crew
    from .leases import Lease
    from .scheduling import Scheduler


class Heard(NamedTuple):
    """An event, and of which try it is: whose machine it tells of."""

    lease: Lease
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All that came of a block."""

    lease: Lease
    outcomes: tuple[Outcome, ...]
    """One of each case, in the order of the plan."""
    drift: Drift | None = None


def drive(scheduler: Scheduler, crew: Crew, keep: Callable[[Kept], object]) -> Iterator[Heard]:
    """Measure what a scheduler has left; yields what happens, outcomes when they are kept.

    Args:
        scheduler: who measures what.
        crew: carries it out.
        keep: writes what came of a block; each block exactly once (and kind, where each kind measures all).

    Raises:
        NobodyLeftError: nobody is at work, and no worker that is there can measure what is left.

    """
    yield from _Driver(scheduler, crew, keep).run()


class _Driver:
    def __init__(self, scheduler: Scheduler, crew: Crew, keep: Callable[[Kept], object]) -> None:
        self._scheduler = scheduler
        self._crew = crew
        self._keep = keep
        self._told: dict[Lease, dict[Case, Outcome]] = {}

    def run(self) -> Iterator[Heard]:
        scheduler = self._scheduler
        while not scheduler.is_finished:
            happened = self._crew.wait()
            # Whoever was idle has been offered what waits.
            if not (happened or scheduler.is_any_at_work):
                raise NobodyLeftError(scheduler.unplaceable(), len(scheduler.workers))
            for each in happened:
                yield from self._heard(each)
            yield from self._hand_out()

    def _heard(self, happening: Joined | Told | Finished | Lost) -> Iterator[Heard]:
        match happening:
            case Joined():
                if happening.worker in self._scheduler.workers:
                    yield from self._lost(Lost(happening.worker, "it began anew"))
                self._scheduler.joined(*happening)
            case Told():
                yield from self._take(happening.lease, happening.events)
            case Finished():
                yield from self._finished(happening)
            case Lost():
                yield from self._lost(happening)
            case _:
                assert_never(happening)

    def _take(self, lease: Lease, events: Iterable[Event]) -> Iterator[Heard]:
        if not self._scheduler.is_current(lease):
            return
        told = self._told[lease]
        for event in events:
            match event:
                case Measured() | Skipped() | Failed():
                    told.setdefault(event.case, event)
                case _:
                    yield Heard(lease, event)

    def _finished(self, done: Finished) -> Iterator[Heard]:
        lease = done.lease
        if not self._scheduler.is_current(lease):
            return
        told, cases = self._told[lease], self._scheduler.blocks[lease.place].cases
        if told.keys() != set(cases):
            # It says that it is done, and is not: what it tells is not to be relied on.
            yield from self._lost(Lost(lease.worker, "it told of other cases than it was asked for"))
            return
        outcomes = tuple(told.pop(case) for case in cases)
        self._scheduler.finished(lease, (each.case for each in outcomes if _is_out_of_memory(each)))
        yield from self._kept(Kept(lease=lease, outcomes=outcomes, drift=done.drift))

    def _lost(self, lost: Lost) -> Iterator[Heard]:
        gone = self._scheduler.lost(lost.worker)
        if isinstance(gone, GivenUp):
            yield from self._kept(Kept(lease=gone.lease, outcomes=self._failures(gone.lease, lost.why)))
        elif gone is not None:
            del self._told[gone]

    def _failures(self, lease: Lease, why: str) -> tuple[Outcome, ...]:
        tries = "once" if lease.attempt == 1 else f"{lease.attempt} times"
        error = f"its machine was lost {tries} while its block was measured; the last time: {why}"
        cases = self._scheduler.blocks[lease.place].cases
        return tuple(Failed(case=case, kind=FailureKind.MACHINE_LOST, error=error) for case in cases)

    def _hand_out(self) -> Iterator[Heard]:
        idle = deque(self._scheduler.idle)
        while idle:
            lease = self._scheduler.next_for(idle[0])
            if lease is None:
                idle.popleft()
                continue
            block, skipped = self._scheduler.share(lease)
            self._told[lease] = {each.case: each for each in skipped}
            if block is None:
                # Nothing of it can be measured: there is nothing to wait for.
                yield from self._finished(Finished(lease))
            else:
                self._crew.start(lease, block)
                idle.popleft()

    def _kept(self, kept: Kept) -> Iterator[Heard]:
        self._told.pop(kept.lease, None)
        self._keep(kept)
        for outcome in kept.outcomes:
            yield Heard(kept.lease, outcome)


def _is_out_of_memory(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.kind is FailureKind.OUT_OF_MEMORY
