"""What is kept of a plan that a crew carries out."""

from __future__ import annotations

from collections import Counter
from random import Random  # noqa: TC003 - hypothesis reads the type hints
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cluster.crew import Finished, Joined, Lost, NobodyLeftError, Told
from bench.cluster.driver import Heard, Kept, drive
from bench.cluster.leases import Lease
from bench.cluster.scheduling import Scheduler
from bench.events import Started
from results.drift import Drift
from results.records import Failed, FailureKind, Skipped

from .blocks import CPU, block, blocks, equal_cost, measured, outcomes, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.cluster.crew import Happening
    from results.records import Block


class Scripted:
    """A crew that does, one step a wait, what a test says; a step is given the leases that were started so far."""

    def __init__(self, *steps: Sequence[Happening] | Callable[[list[Lease]], Sequence[Happening]]) -> None:
        self.started: list[tuple[Lease, Block]] = []
        self._steps: Iterator[Sequence[Happening] | Callable[[list[Lease]], Sequence[Happening]]] = iter(steps)

    def start(self, lease: Lease, block: Block) -> None:
        self.started.append((lease, block))

    def wait(self) -> Sequence[Happening]:
        step = next(self._steps)
        return step([lease for lease, _ in self.started]) if callable(step) else step


def done(lease: Lease, of: Block, drift: Drift | None = None) -> list[Happening]:
    """Return that a block was measured."""
    return [Told(lease, outcomes(of)), Finished(lease, drift)]


def test_a_block_is_kept_as_a_whole_before_it_is_shown() -> None:
    """Its outcomes stand in the order of the plan, however they came; starts are shown as they happen."""
    (only,) = planned = blocks(1)
    first, second = only.cases
    drift = Drift(before_s=1e-3, after_s=1.1e-3)
    crew = Scripted(
        [Joined("w", "epyc", CPU)],
        lambda leases: [Told(leases[0], [Started(case=second), measured(second)])],
        lambda leases: [Told(leases[0], [measured(first)]), Finished(leases[0], drift)],
    )
    kept: list[Kept] = []
    heard = drive(Scheduler(planned, equal_cost), crew, kept.append)
    lease = Lease(place=0, kind="", attempt=1, worker="w")
    assert next(heard) == Heard(lease, Started(case=second))
    assert kept == []
    assert next(heard) == Heard(lease, measured(first))
    assert kept == [Kept(lease=lease, outcomes=(measured(first), measured(second)), drift=drift)]
    assert list(heard) == [Heard(lease, measured(second))]


def test_nothing_is_kept_of_a_worker_that_is_lost() -> None:
    """Another worker measures the whole block, and what the first still tells is dropped."""
    (only,) = planned = blocks(1)
    crew = Scripted(
        [Joined("w", "epyc", CPU), Joined("v", "epyc", CPU)],
        lambda leases: [Told(leases[0], [measured(only.cases[0])]), Lost("w", "its node died")],
        lambda leases: done(leases[0], only),
        lambda leases: done(leases[1], only),
    )
    kept: list[Kept] = []
    heard = [each.event for each in drive(Scheduler(planned, equal_cost), crew, kept.append)]
    assert [each.lease for each in kept] == [Lease(place=0, kind="", attempt=2, worker="v")]
    assert heard == outcomes(only)
    assert [each.cases for _, each in crew.started] == [only.cases, only.cases]


def test_a_block_that_is_lost_too_often_becomes_outcomes() -> None:
    """They say what happened, and belong to the machine on which it was tried last."""
    (only,) = planned = blocks(1)
    crew = Scripted(
        [Joined("a", "epyc", CPU), Joined("b", "epyc", CPU)],
        [Lost("a", "its node died")],
        [Lost("b", "it did not answer")],
    )
    kept: list[Kept] = []
    list(drive(Scheduler(planned, equal_cost, attempts=2), crew, kept.append))
    (found,) = kept
    assert found.lease.worker == "b"
    words = "its machine was lost 2 times while its block was measured; the last time: it did not answer"
    assert found.outcomes == tuple(Failed(case=case, kind=FailureKind.MACHINE_LOST, error=words) for case in only.cases)


def test_a_block_without_hope_is_not_sent_anywhere() -> None:
    """Its cases are skipped, each with the reason."""
    small, large = planned = (block("h", batch=8), block("h", batch=32))
    crew = Scripted(
        [Joined("w", "epyc", CPU)],
        lambda leases: [Told(leases[0], [too_large(case) for case in small.cases]), Finished(leases[0])],
    )
    kept: list[Kept] = []
    list(drive(Scheduler(planned, equal_cost), crew, kept.append))
    assert [each for _, each in crew.started] == [small]
    assert kept[1].outcomes == tuple(Skipped(case=case, reason="ran out of memory at batch 8") for case in large.cases)


def test_a_worker_that_comes_again_has_lost_its_block() -> None:
    """Its process began anew, and knows nothing of what the one before was asked for."""
    (only,) = planned = blocks(1)
    crew = Scripted(
        [Joined("w", "epyc", CPU)],
        [Joined("w", "epyc", CPU)],
        lambda leases: done(leases[1], only),
    )
    kept: list[Kept] = []
    list(drive(Scheduler(planned, equal_cost), crew, kept.append))
    assert [each.lease.attempt for each in kept] == [2]


def test_a_worker_that_did_not_do_what_it_was_asked_is_struck_out() -> None:
    """It says that it is done, but a case has no outcome: what it says is not to be relied on."""
    (only,) = planned = blocks(1)
    crew = Scripted(
        [Joined("w", "epyc", CPU)],
        lambda leases: [Told(leases[0], [measured(only.cases[0])]), Finished(leases[0])],
        [Joined("v", "epyc", CPU)],
        lambda leases: done(leases[1], only),
    )
    kept: list[Kept] = []
    list(drive(Scheduler(planned, equal_cost), crew, kept.append))
    assert [each.lease.worker for each in kept] == ["v"]


def test_it_ends_when_nobody_is_left() -> None:
    """What is measured is kept, and the run can be gone on with; it never waits for ever."""
    planned = (*blocks(1), *blocks(2, device="cuda:0"))
    crew = Scripted(
        [Joined("w", "epyc", CPU)],
        [],
        lambda leases: done(leases[0], planned[0]),
        [],
    )
    kept: list[Kept] = []
    with pytest.raises(NobodyLeftError, match=r"^2 blocks are left, and none of 1 workers") as raised:
        list(drive(Scheduler(planned, equal_cost), crew, kept.append))
    assert raised.value.places == (1, 2)
    assert len(kept) == 1


class Unreliable:
    """A crew whose workers tell in pieces, die, come back under their old names, and tell late what they still know."""

    def __init__(self, chance: Random, deaths: int) -> None:
        self._chance = chance
        self._deaths = deaths
        self._at_work: dict[str, tuple[Lease, list[Happening]]] = {}
        self._late: list[Happening] = []
        self.there: set[str] = set()

    def start(self, lease: Lease, block: Block) -> None:
        assert lease.worker in self.there
        assert lease.worker not in self._at_work
        told = [Started(case=block.cases[0]), *self._chance.sample(outcomes(block), len(block.cases))]
        pieces: list[Happening] = [Told(lease, told[:2]), Told(lease, told[2:]), Finished(lease)]
        self._at_work[lease.worker] = (lease, pieces)

    def wait(self) -> Sequence[Happening]:
        found: list[Happening] = []
        for _ in range(self._chance.randint(1, 4)):
            found += self._one()
        return found

    def _one(self) -> list[Happening]:
        match self._chance.choice(["join", "tell", "tell", "die", "late"]):
            case "join" if len(self.there) < 3:
                name = self._chance.choice(sorted({"u", "v", "w", "x"} - self.there))
                self.there.add(name)
                return [Joined(name, "epyc", CPU)]
            case "tell" if self._at_work:
                name = self._chance.choice(sorted(self._at_work))
                told = self._at_work[name][1].pop(0)
                if isinstance(told, Finished):
                    del self._at_work[name]
                self._late.append(told)
                return [told]
            case "die" if self.there and self._deaths:
                self._deaths -= 1
                name = self._chance.choice(sorted(self.there))
                self.there.remove(name)
                self._late += self._at_work.pop(name, (None, []))[1]
                return [Lost(name, "its node died")]
            case "late" if self._late:
                return [self._chance.choice(self._late)]
        return []


@given(chance=st.randoms(use_true_random=False), count=st.integers(0, 8), deaths=st.integers(0, 6))
def test_every_case_is_kept_exactly_once(chance: Random, count: int, deaths: int) -> None:
    """Whatever dies, and whatever comes late or twice: no case is lost, none is kept twice, none is shown unkept."""
    planned = blocks(count)
    kept: Counter[str] = Counter()

    def keep(each: Kept) -> None:
        kept.update((f"{outcome.case.host} {outcome.case.implementation}") for outcome in each.outcomes)

    # A crew in which nothing happens for a while is not at its end: somebody will join.
    crew = Unreliable(chance, deaths)
    shown: Counter[str] = Counter()
    scheduler = Scheduler(planned, equal_cost)
    while not scheduler.is_finished:
        try:
            for each in drive(scheduler, crew, keep):
                if not isinstance(each.event, Started):
                    shown[f"{each.event.case.host} {each.event.case.implementation}"] += 1
                    assert shown <= kept
        except NobodyLeftError:
            continue
    assert kept == shown == Counter({f"h{index} {name}": 1 for index in range(count) for name in "ab"})
