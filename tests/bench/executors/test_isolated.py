from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bench.errors import WorkerLostError
from bench.events import Started
from bench.executors.isolated import MOST_FRUITLESS, IsolatedExecutor
from bench.worker import Events, Order, Ready
from results.blocks import blocks_of
from results.records import Case, Complexity, Failed, FailureKind, Logits, Measured, Sampled

if TYPE_CHECKING:
    from bench.events import Event
    from bench.executors.process import Message

#: What one life of a worker does with its orders: messages, or how it ends.
Script = Callable[[Order], list["Message | str"]]


def case_of(name: str) -> Case:
    return Case(suite="latency", implementation=name, source="", input=Logits(shape=(1,), dim=-1))


A, B, C, D = (case_of(name) for name in "abcd")


def measured(case: Case) -> Measured:
    return Measured(case=case, result=Complexity(parameters=1, counts=()))


@dataclass
class FakeWorker:
    """Plays a script: a message, ``dies`` (the process is gone) or ``hangs`` (nothing comes any more)."""

    script: Script
    ending: tuple[FailureKind, str] = (FailureKind.CRASH, "was killed by SIGSEGV")
    at: int | None = None
    beats: int = 0
    killed: bool = False
    closed: bool = False
    orders: list[Order] = field(default_factory=list)
    _waiting: list[Message | str] = field(default_factory=lambda: [Ready(busy_s=0.0)])

    def order(self, order: Order) -> None:
        self.orders.append(order)
        self._waiting += self.script(order)

    def receive(self, timeout_s: float) -> Message | None:
        del timeout_s
        if self.killed or not self._waiting or self._waiting[0] == "dies":
            raise EOFError
        if self._waiting[0] == "hangs":
            return None
        message = self._waiting.pop(0)
        assert not isinstance(message, str)
        if isinstance(message, Events):
            for event in message.events:
                self.beats += 1
                self.at = self.orders[-1].block.cases.index(event.case)
        else:
            self.at = None
        return message

    def at_work_on(self) -> tuple[int | None, int]:
        return self.at, self.beats

    def kill(self) -> None:
        self.killed = True

    def cause_of_death(self) -> tuple[FailureKind, str]:
        return self.ending

    def last_words(self) -> str:
        return "Fatal Python error"

    def close(self) -> None:
        self.closed = True


class Clock:
    """Steps one second a look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1.0
        return self.seconds


def good(order: Order) -> list[Message | str]:
    """Measure every case of the order."""
    return [
        *(Events(events=(Started(case=case), measured(case))) for case in order.block.cases),
        Ready(busy_s=2.0),
    ]


def deadly(name: str, how: str = "dies") -> Script:
    """Measure the cases before the one of this name, begin that one, and end."""

    def play(order: Order) -> list[Message | str]:
        messages: list[Message | str] = []
        for case in order.block.cases:
            if case.implementation == name:
                return [*messages, Events(events=(Started(case=case),)), how]
            messages.append(Events(events=(Started(case=case), measured(case))))
        return [*messages, Ready(busy_s=2.0)]

    return play


def run(workers: list[FakeWorker], *cases: Case, earlier: dict[Case, tuple[Sampled, ...]] | None = None) -> list[Event]:
    waiting = iter(workers)
    with IsolatedExecutor(lambda: next(waiting), time_limit_s=10.0, now=Clock()) as executor:
        (block,) = blocks_of(cases)
        return list(executor.run(block, earlier or {}))


def outcomes(events: list[Event]) -> dict[str, object]:
    return {event.case.implementation: event for event in events if isinstance(event, Measured | Failed)}


def test_a_block_that_goes_well_takes_one_worker() -> None:
    """Every event is passed on in order, and the worker is closed at the end."""
    worker = FakeWorker(good)
    assert run([worker], A, B) == [Started(case=A), measured(A), Started(case=B), measured(B)]
    assert worker.closed


def test_a_case_that_kills_its_worker_fails_and_the_others_go_on() -> None:
    """The cause is the process's end, with what it wrote last; a second worker takes the rest."""
    second = FakeWorker(good)
    found = outcomes(run([FakeWorker(deadly("b")), second], A, B, C))
    assert found["a"] == measured(A)
    assert found["c"] == measured(C)
    assert found["b"] == Failed(
        case=B,
        kind=FailureKind.CRASH,
        error="the process was killed by SIGSEGV",
        traceback="Fatal Python error",
    )
    assert [order.block.cases for order in second.orders] == [(C,)]


def test_a_step_without_an_end_is_a_hang() -> None:
    """A worker whose steps stand still for the time limit is killed; the case at hand is to blame."""
    stuck = FakeWorker(deadly("b", "hangs"))
    found = outcomes(run([stuck, FakeWorker(good)], A, B, C))
    assert stuck.killed
    failed = found["b"]
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.HANG
    assert failed.error == "the process did not finish a step in 10 s, and was killed"
    assert found["c"] == measured(C)


def test_cases_that_were_not_tried_come_first() -> None:
    """After a death in the rounds, what was already built is built again last."""

    def builds_two_then_dies(order: Order) -> list[Message | str]:
        return [Events(events=tuple(Started(case=case) for case in order.block.cases[:3])), "dies"]

    second = FakeWorker(good)
    run([FakeWorker(builds_two_then_dies), second], A, B, C, D)
    assert second.orders[0].block.cases == (D, A, B)


def test_samples_survive_their_worker() -> None:
    """The next worker goes on from what the dead one and earlier runs had sampled."""
    taken = [Sampled(case=A, round=number, seconds=0.5, calls=2) for number in range(3)]

    def samples_then_dies(order: Order) -> list[Message | str]:
        assert order.earlier[A] == (taken[0],)
        return [Events(events=(Started(case=A), Started(case=B), taken[1], taken[2], Started(case=B))), "dies"]

    second = FakeWorker(good)
    found = outcomes(run([FakeWorker(samples_then_dies), second], A, B, earlier={A: (taken[0],)}))
    assert second.orders[0].earlier[A] == tuple(taken)
    assert isinstance(found["b"], Failed)


def test_a_new_worker_samples_in_new_rounds() -> None:
    """What two processes sampled is never paired: the rounds of the second begin after those of the first."""

    def samples_then_dies(order: Order) -> list[Message | str]:
        assert order.first_round == 0
        return [
            Events(events=(Started(case=A), Sampled(case=A, round=4, seconds=0.5, calls=1), Started(case=B))),
            "dies",
        ]

    second = FakeWorker(good)
    run([FakeWorker(samples_then_dies), second], A, B)
    assert second.orders[0].first_round == 5


def test_a_death_after_the_last_outcome_is_nobodys_fault() -> None:
    """A worker that dies when everything is told costs a new worker, and no case."""

    def tells_then_dies(order: Order) -> list[Message | str]:
        return [*good(order)[:-1], "dies"]

    assert outcomes(run([FakeWorker(tells_then_dies), FakeWorker(good)], A)) == {"a": measured(A)}


def test_workers_that_die_without_reaching_a_case_end_the_run() -> None:
    """Nobody can be blamed and nothing can be measured: one clear error instead of endless restarts."""
    workers = [FakeWorker(lambda _: ["dies"]) for _ in range(MOST_FRUITLESS + 2)]
    with pytest.raises(WorkerLostError, match="dies again and again"):
        run(workers, A)


def test_a_worker_that_does_not_come_up_is_an_error() -> None:
    """The error quotes how it ended and what it wrote."""
    worker = FakeWorker(good, ending=(FailureKind.EXIT, "ended itself with status 1"))
    worker._waiting.clear()
    with pytest.raises(WorkerLostError, match="ended itself with status 1 before it was ready: Fatal Python error"):
        run([worker], A)


def killed_at_its_start() -> FakeWorker:
    worker = FakeWorker(good, ending=(FailureKind.CRASH, "was killed by SIGKILL"))
    worker._waiting.clear()
    return worker


def test_a_worker_that_is_killed_while_it_starts_is_replaced() -> None:
    """No case is to blame, and none is lost: the next worker gets the order."""
    worker = FakeWorker(good)
    first = killed_at_its_start()
    assert outcomes(run([first, killed_at_its_start(), worker], A, B)) == {"a": measured(A), "b": measured(B)}
    assert first.closed
    assert [order.block.cases for order in worker.orders] == [(A, B)]


def test_workers_that_are_all_killed_while_they_start_end_the_run() -> None:
    """What kills every one of them is the machine's or torch's; the error quotes how the last one ended."""
    workers = [killed_at_its_start() for _ in range(MOST_FRUITLESS + 1)]
    with pytest.raises(WorkerLostError, match="was killed by SIGKILL before it was ready: Fatal Python error"):
        run(workers, A)


def test_busy_time_is_what_workers_say() -> None:
    """The share of a run that isolation costs is worked out from it."""
    with IsolatedExecutor(lambda: FakeWorker(good), time_limit_s=10.0, now=Clock()) as executor:
        for block in (*blocks_of([A]), *blocks_of([B])):
            list(executor.run(block, {}))
        assert executor.busy_s == 4.0
