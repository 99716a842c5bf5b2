"""Who measures which block: each exactly once, the longest first, on a machine that has what it needs.

No clock, no network, no disk: whoever carries blocks out tells what happened, and asks what is next. A worker measures
one block at a time. A block that was lost with its machine is handed out again, and given up after some tries. What
ran out of memory is not tried with larger batches on that kind of machine.

The longest first (Graham 1969, "Bounds on multiprocessing timing anomalies"): no order of hand-outs ends later than 4/3
of what the best one would.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ..out_of_memory import OutOfMemory
from .leases import GivenUp, Lease, Share
from .waiting import Devices, Queue, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from results.records import Block, Case

#: How often a block is tried: a machine can be lost by accident, three of them hardly.
ATTEMPTS = 3
#: The kind of a lease where every machine will do.
ANY = ""


class _Worker(NamedTuple):
    kind: str
    devices: Devices


class Scheduler:
    """Hands out the blocks of a plan.

    Args:
        blocks: of the whole plan.
        costs: seconds, or any other unit, that a block takes.
        kinds: of machine that measure the whole plan each; None: every block is measured once, anywhere.
        done: what need not be measured: place of the block, and kind as a lease has it.
        out_of_memory: cases that are known to run out of memory, by the kind of machine on which they did.
        attempts: how often a block is tried.

    """

    def __init__(
        self,
        blocks: Sequence[Block],
        costs: Callable[[Block], float],
        *,
        kinds: Iterable[str] | None = None,
        done: Collection[tuple[int, str]] = (),
        out_of_memory: Mapping[str, Iterable[Case]] | None = None,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.blocks = blocks
        """Of the whole plan."""
        self._by_kind = kinds is not None
        self._attempts = attempts
        self._costs = [costs(block) for block in blocks]
        self._lost: dict[tuple[int, str], int] = {}
        self._workers: dict[str, _Worker] = {}
        self._at_work: dict[str, Lease] = {}
        self._known: dict[str, OutOfMemory] = defaultdict(OutOfMemory)
        for kind, cases in (out_of_memory or {}).items():
            self._known[kind] = OutOfMemory(cases)
        self._waiting = Waiting()
        for kind in (ANY,) if kinds is None else dict.fromkeys(kinds):
            for place in range(len(blocks)):
                if (place, kind) not in done:
                    self._put(place, kind)

    @property
    def left(self) -> int:
        """How many blocks have no result yet, those at work included; each counts once a kind that measures all."""
        return len(self._waiting) + len(self._at_work)

    @property
    def waiting(self) -> int:
        """How many blocks nobody is at; each counts once a kind that measures all."""
        return len(self._waiting)

    @property
    def is_finished(self) -> bool:
        """Whether every block has its result, or was given up."""
        return not self.left

    @property
    def workers(self) -> Collection[str]:
        """The workers that there are."""
        return self._workers.keys()

    @property
    def is_any_at_work(self) -> bool:
        """Whether any worker measures."""
        return bool(self._at_work)

    @property
    def idle(self) -> tuple[str, ...]:
        """Workers without a block, in the order in which they joined."""
        if len(self._at_work) == len(self._workers):
            return ()
        return tuple(worker for worker in self._workers if worker not in self._at_work)

    def joined(self, worker: str, kind: str, devices: Devices) -> None:
        """Take in a worker.

        Args:
            worker: its name.
            kind: of its machine: what is known of memory is known of the whole kind.
            devices: on which it can measure, such as ``cpu`` or ``cuda:0``.

        Raises:
            ValueError: a worker of that name is there.

        """
        if worker in self._workers:
            msg = f"{worker} has joined already"
            raise ValueError(msg)
        self._workers[worker] = _Worker(kind, devices)

    def next_for(self, worker: str) -> Lease | None:
        """Lease the longest block that a worker can measure; None: there is none for it now, or it is at one.

        One may come back: that of a worker that is lost.
        """
        facts = self._workers.get(worker)
        if facts is None or worker in self._at_work:
            return None
        kind = self._kind_for(facts)
        place = self._waiting.take(facts.devices, kind)
        if place is None:
            return None
        lease = Lease(place, kind, self._lost.get((place, kind), 0) + 1, worker)
        self._at_work[worker] = lease
        return lease

    def share(self, lease: Lease) -> Share:
        """Return what is to be measured for a lease, and what is not, by what its kind of machine has shown so far."""
        block, known = self.blocks[lease.place], self._known[self._workers[lease.worker].kind]
        skipped = tuple(found for case in block.cases if (found := known.skipped(case)) is not None)
        if not skipped:
            return Share(block, ())
        hopeless = {each.case for each in skipped}
        hopeful = [case for case in block.cases if case not in hopeless]
        return Share(block.only(hopeful) if hopeful else None, skipped)

    def is_current(self, lease: Lease) -> bool:
        """Return whether this try is at work; False: it was lost, and what comes of it now comes late."""
        return self._at_work.get(lease.worker) == lease

    def finished(self, lease: Lease, out_of_memory: Iterable[Case] = ()) -> bool:
        """Take a result.

        Args:
            lease: what it is the result of.
            out_of_memory: its cases that ran out of memory.

        Returns:
            Whether it counts. False: it is late, the block was handed on or given up.

        """
        if not self.is_current(lease):
            return False
        del self._at_work[lease.worker]
        known = self._known[self._workers[lease.worker].kind]
        for case in out_of_memory:
            known.note(case)
        return True

    def lost(self, worker: str) -> Lease | GivenUp | None:
        """Strike out a worker: its machine died, or does not answer.

        Returns:
            The try that was lost with it, whose block waits again; or is given up; None: it was at none, or not there.

        """
        self._workers.pop(worker, None)
        lease = self._at_work.pop(worker, None)
        if lease is None:
            return None
        self._lost[lease.place, lease.kind] = lease.attempt
        if lease.attempt >= self._attempts:
            return GivenUp(lease)
        self._put(lease.place, lease.kind)
        return lease

    def unplaceable(self) -> tuple[int, ...]:
        """Return the places of waiting blocks for which no worker that is there has the devices, or is of the kind."""
        there = {(self._kind_for(worker), worker.devices) for worker in self._workers.values()}
        lacking = {
            place
            for queue, places in self._waiting.queues()
            if not any(queue.kind == kind and queue.needs <= devices for kind, devices in there)
            for place in places
        }
        return tuple(sorted(lacking))

    def _put(self, place: int, kind: str) -> None:
        needs = frozenset(case.device for case in self.blocks[place].cases)
        self._waiting.add(Queue(needs, kind), place, self._costs[place])

    def _kind_for(self, worker: _Worker) -> str:
        return worker.kind if self._by_kind else ANY
