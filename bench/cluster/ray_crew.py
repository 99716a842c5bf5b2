"""The machines of a Ray cluster as a crew: a supervisor on each, which is asked for one batch of events at a time.

Nothing is tried again by Ray: what was lost is the driver's to hand on.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

from .crew import Finished, Joined, Lost, Told
from .desk import Greeted
from .ray_members import AtWork, Greeting, Idle, Member, Refused, Settling, Waiting, start_supervisor, why_lost
from .ray_nodes import slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from results.records import Block

    from .crew import Happening
    from .desk import Call, Desk
    from .leases import Lease
    from .ray_members import Stage
    from .ray_nodes import Node
    from .supervisor import Answered, Batch


class Patience(NamedTuple):
    """Seconds that things may take."""

    look_s: float = 5.0
    """Between two looks for machines that have joined the cluster."""
    ray_s: float = 0.5
    """One wait for Ray: a signal is heard after that."""
    greet_s: float = 300.0
    """Until a machine has answered for the first time: torch is imported there, maybe over a network."""
    silent_s: float = 30.0
    """Until it is said that machines have not answered."""
    join_s: float = 60.0
    """For another machine, when nobody is left to measure."""
    wait_s: float = 5.0
    """Until a wait comes back though nothing has happened."""
    close_s: float = 5.0
    """Until a supervisor has ended by itself."""


#: Supervisors that are started on a machine that loses one after the other.
MOST_STARTS = 3


class RayCrew:
    """Workers on the machines of a cluster that have a slot; those that join later are taken in.

    Args:
        ray: connected to the cluster.
        desk: decides who takes part.
        is_candidate: whether a machine is asked at all.
        patience: how long things may take.
        now: seconds on a monotonic clock.

    """

    def __init__(
        self,
        ray: Any,
        desk: Desk,
        is_candidate: Callable[[Node], bool],
        patience: Patience | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ray = ray
        self._desk = desk
        self._is_candidate = is_candidate
        self._patience = patience or Patience()
        self._now = now
        self._members: dict[str, Member] = {}
        self._starts: Counter[str] = Counter()
        self._looked_s = -self._patience.look_s
        self._owed: list[Happening] = []

    def greet(self) -> tuple[Greeted, ...]:
        """Return what the machines that are there have answered, once all of them have, or have had their time."""
        self._look()
        began_s, is_said = self._now(), False
        while self._are_any(Greeting):
            # None of them has a block to lose yet.
            self._owed += self._advance()
            if not is_said and self._now() - began_s > self._patience.silent_s:
                is_said = True
                self._desk.waiting(
                    tuple(name for name, member in self._members.items() if isinstance(member.stage, Greeting))
                )
        return tuple(member.stage.greeted for member in self._members.values() if isinstance(member.stage, Waiting))

    def start(self, lease: Lease, block: Block) -> None:
        """Let a supervisor begin with a block; if it is gone, the next wait says so."""
        member = self._members.get(lease.worker)
        if member is None:
            self._owed.append(Lost(lease.worker, "it had gone before it was given a block"))
            return
        self._enter(member, AtWork(member.actor.begin.remote(block), lease))

    def wait(self) -> Sequence[Happening]:
        """Wait until something happens, and return it; nothing, if that takes too long."""
        began_s = self._now()
        while True:
            self._look()
            self._decide()
            happened = [*self._owed, *self._advance()]
            self._owed = []
            # Where nobody is busy, the driver gives up when this comes back with nothing.
            is_coming = self._are_any(Greeting, Waiting, Settling)
            limit_s = self._patience.wait_s if self._are_any(AtWork) else self._patience.join_s
            if happened or (not is_coming and self._now() - began_s > limit_s):
                return happened

    def _are_any(self, *stages: type[Stage]) -> bool:
        return any(isinstance(member.stage, stages) for member in self._members.values())

    def ask_all(self, calls: Mapping[str, Call], limit_s: float) -> dict[str, Answered]:
        """Ask idle workers, all at once; whoever does not answer in time is left out."""
        asked = {
            member.actor.ask.remote(call.function, *call.arguments): name
            for name, call in calls.items()
            if (member := self._members.get(name)) is not None and isinstance(member.stage, Idle)
        }
        ends_s, answers = self._now() + limit_s, {}
        while asked and self._now() < ends_s:
            ready, _ = self._ray.wait(list(asked), num_returns=1, timeout=self._patience.ray_s)
            for ref in ready:
                name = asked.pop(ref)
                with suppress(self._ray.exceptions.RayError):
                    answers[name] = self._ray.get(ref)
        return answers

    def close(self) -> None:
        """End every supervisor and what it has started."""
        members = list(self._members.values())
        self._members.clear()
        ending = [member.actor.close.remote() for member in members]
        ends_s = self._now() + self._patience.close_s
        while ending and self._now() < ends_s:
            _, ending = self._ray.wait(ending, num_returns=len(ending), timeout=self._patience.ray_s)
        for member in members:
            self._ray.kill(member.actor, no_restart=True)

    def _look(self) -> None:
        """Greet machines that have come."""
        now_s = self._now()
        if now_s - self._looked_s < self._patience.look_s:
            return
        self._looked_s = now_s
        manned = {member.node.id for member in self._members.values()}
        for node in slots(self._ray):
            if node.id in manned or self._starts[node.id] >= MOST_STARTS or not self._is_candidate(node):
                continue
            self._starts[node.id] += 1
            again = f"-{self._starts[node.id]}" if self._starts[node.id] > 1 else ""
            name, actor = f"{node.name}{again}", start_supervisor(self._ray, node)
            greeting = self._desk.greeting()
            asked = actor.greet.remote(greeting.function, *greeting.arguments)
            self._members[name] = Member(name, node, actor, Greeting(asked), now_s)

    def _advance(self) -> Iterator[Happening]:
        """Take the answers that are there, or the first that comes soon; yield what has happened."""
        yield from self._give_up_silent()
        owed = {member.stage.ref: member for member in self._members.values() if member.stage.ref is not None}
        if not owed:
            time.sleep(self._patience.ray_s)
            return
        refs = list(owed)
        ready, _ = self._ray.wait(refs, num_returns=1, timeout=self._patience.ray_s)
        if ready and len(refs) > 1:
            # With many machines others have answered too: to look through all of them for each would take long.
            ready, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        for ref in ready:
            try:
                answer = self._ray.get(ref)
            except self._ray.exceptions.RayError as error:
                yield from self._failed(owed[ref], error)
            else:
                yield from self._take(owed[ref], answer)

    def _take(self, member: Member, answer: Any) -> Iterator[Happening]:
        """Take what a member has answered, and go on with it."""
        match member.stage:
            case Greeting():
                self._enter(member, Waiting(_greeted(member, answer)))
            case Settling(admission=admission):
                self._desk.settled(member.name, answer)
                # Only now: a process that imports torch would disturb those that are timed.
                member.actor.prepare.remote(admission.setup, admission.time_limit_s)
                self._enter(member, Idle())
                yield Joined(member.name, admission.kind, admission.devices)
            case AtWork(lease=lease):
                batch: Batch = answer
                if batch.events:
                    yield Told(lease, batch.events)
                if batch.is_last:
                    self._enter(member, Idle())
                    yield Finished(lease, batch.drift)
                else:
                    self._enter(member, AtWork(member.actor.go_on.remote(), lease))
            case Waiting() | Idle() | Refused():
                # Nothing is owed by these.
                pass
            case _:
                assert_never(member.stage)

    def _decide(self) -> None:
        """Let those take part of whom the desk will have it."""
        for member in list(self._members.values()):
            if not isinstance(member.stage, Waiting):
                continue
            admission = self._desk.admit(member.stage.greeted)
            if admission is None:
                self._refuse(member)
            else:
                asked = member.actor.ask.remote(admission.settle.function, *admission.settle.arguments)
                self._enter(member, Settling(asked, admission))

    def _give_up_silent(self) -> Iterator[Happening]:
        """Strike out who has not answered the greeting in time."""
        for member in list(self._members.values()):
            if isinstance(member.stage, Greeting) and self._now() - member.since_s > self._patience.greet_s:
                why = (
                    f"it has not answered for {self._patience.greet_s:g} s; others may have its cores, see: ray status"
                )
                yield from self._strike(member, why)

    def _failed(self, member: Member, error: Exception) -> Iterator[Happening]:
        """Hear that a call of a member came to nothing."""
        why = why_lost(self._ray, error)
        if isinstance(error, self._ray.exceptions.RayTaskError) and isinstance(member.stage, Greeting | Settling):
            # It lives, and would fail again.
            self._desk.refused(member.name, why)
            self._refuse(member)
        else:
            yield from self._strike(member, why)

    def _refuse(self, member: Member) -> None:
        """End a member that takes no part; it keeps its place here, since it would be greeted again."""
        self._enter(member, Refused())
        self._ray.kill(member.actor, no_restart=True)

    def _strike(self, member: Member, why: str) -> Iterator[Happening]:
        """End a member that is lost."""
        del self._members[member.name]
        self._looked_s = self._now()
        self._ray.kill(member.actor, no_restart=True)
        if isinstance(member.stage, Greeting | Settling):
            self._desk.refused(member.name, why)
        else:
            self._desk.lost(member.name, why)
            yield Lost(member.name, why)

    def _enter(self, member: Member, stage: Stage) -> None:
        member.stage, member.since_s = stage, self._now()


def _greeted(member: Member, answer: Any) -> Greeted:
    site, answered = answer
    node = member.node
    return Greeted(member.name, node.name, node.words, node.kind, site, answered)
