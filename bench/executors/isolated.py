"""Measures in a worker process, which is watched, and replaced when it dies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, assert_never

from results.records import Failed, FailureKind, Sampled

from ..errors import WorkerLostError
from ..events import Disturbed, Paused, Started, Starved
from ..worker import Events, Order, Ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from results.drift import Drift
    from results.records import Block, Case

    from ..events import Event
    from .process import Worker

#: How long the parent sleeps at most before it looks whether a step takes too long.
LOOK_S = 0.2
#: Importing torch on a busy machine takes seconds; minutes mean that it never comes.
START_LIMIT_S = 180.0
#: Workers that die one after the other without a single outcome cannot be blamed on a case.
MOST_FRUITLESS = 3


class IsolatedExecutor:
    """Runs blocks in one worker process after another.

    Args:
        start_worker: starts a worker; called again when one has died.
        time_limit_s: a step (building a case, one call of its warm-up, one sample) that takes longer is a hang.
        first_round: rounds before it belong to processes of an earlier run.
        now: seconds on a monotonic clock; tests bring their own.

    """

    def __init__(
        self,
        start_worker: Callable[[], Worker],
        *,
        time_limit_s: float,
        first_round: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start_worker = start_worker
        self._time_limit_s = time_limit_s
        self._now = now
        self._worker: Worker | None = None
        self._ready = False
        self._first_round = first_round
        self._next_round = first_round
        self.busy_s = 0.0
        """Seconds that workers spent on the blocks they finished, by their own clocks."""
        self.drift: Drift | None = None
        """How the speed of the machine changed during the last block, if the workers look."""

    def __enter__(self) -> Self:
        """Start the first worker; it imports torch while the caller prepares its own things."""
        self._replace_worker()
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def run(self, block: Block, earlier: Mapping[Case, tuple[Sampled, ...]]) -> Iterator[Event]:
        """Measure one block; yields events as they happen, and exactly one outcome a case.

        Args:
            block: cases that are compared.
            earlier: samples that an earlier process took of them.

        Raises:
            WorkerLostError: worker after worker dies without an outcome.

        """
        waiting = list(block.cases)
        kept = {case: list(samples) for case, samples in earlier.items()}
        fruitless = 0
        while waiting:
            before = len(waiting)
            tried: set[Case] = set()
            order = Order(
                block=block.only(waiting),
                earlier={case: tuple(kept.get(case, ())) for case in waiting},
                first_round=self._first_round,
            )
            for event in self._carry_out(order):
                match event:
                    case Sampled():
                        kept.setdefault(event.case, []).append(event)
                        self._next_round = max(self._next_round, event.round + 1)
                    case Started():
                        tried.add(event.case)
                    case Disturbed() | Starved() | Paused():
                        pass
                    case _ if event.case not in waiting:
                        # It died after it had told the outcome of the case at hand: nobody's fault.
                        continue
                    case _:
                        waiting.remove(event.case)
                yield event
            fruitless = fruitless + 1 if len(waiting) == before else 0
            if fruitless > MOST_FRUITLESS:
                msg = "the worker process dies again and again before it has measured anything"
                raise WorkerLostError(msg)
            # Those that have not been tried come first: if another is deadly, the fewest are built in vain.
            waiting.sort(key=tried.__contains__)

    def _carry_out(self, order: Order) -> Iterator[Event]:
        """Yield what a worker tells of a block, and the failure of the case that ended it, if one did."""
        worker = self._ready_worker()
        try:
            worker.order(order)
        except OSError:
            # It died since its last block: the next one gets the order.
            self._replace_worker()
            return
        step, since = worker.at_work_on(), self._now()
        expected = frozenset(order.block.cases)
        while True:
            try:
                message = worker.receive(LOOK_S)
            except EOFError:
                index, _ = worker.at_work_on()
                kind, words = worker.cause_of_death()
                yield from self._obituary(worker, order, index, kind, words)
                return
            match message:
                case Events():
                    if any(event.case not in expected for event in message.events):
                        index, _ = worker.at_work_on()
                        worker.kill()
                        words = "told of cases that it was not asked for, and was killed"
                        yield from self._obituary(worker, order, index, FailureKind.CRASH, words)
                        return
                    yield from message.events
                case Ready():
                    self.busy_s += message.busy_s
                    self.drift = message.drift
                    return
                case None:
                    pass
                case _:
                    assert_never(message)
            now_at = worker.at_work_on()
            if now_at != step:
                step, since = now_at, self._now()
            elif self._now() - since > self._time_limit_s:
                worker.kill()
                words = f"did not finish a step in {self._time_limit_s:g} s, and was killed"
                yield from self._obituary(worker, order, step[0], FailureKind.HANG, words)
                return

    def _obituary(
        self, worker: Worker, order: Order, index: int | None, kind: FailureKind, words: str
    ) -> Iterator[Failed]:
        """Replace a dead worker; yield the failure of the case that it was at, if it was at one."""
        if index is not None and not 0 <= index < len(order.block.cases):
            # What the process wrote over tells of nobody.
            index = None
        last_words = worker.last_words()
        self._replace_worker()
        if index is not None:
            yield Failed(case=order.block.cases[index], kind=kind, error=f"the process {words}", traceback=last_words)

    def _replace_worker(self) -> Worker:
        if self._worker is not None:
            self._worker.close()
        self._worker, self._ready = self._start_worker(), False
        # What one process samples is not paired with what another does.
        self._first_round = self._next_round
        return self._worker

    def _ready_worker(self) -> Worker:
        """Return the worker, once it has said that it is ready.

        Raises:
            WorkerLostError: it ends itself, is killed again and again, or does not come up.

        """
        worker, killed = self._worker, 0
        if worker is None:
            msg = "the executor is used outside its with block"
            raise WorkerLostError(msg)
        while not self._ready:
            try:
                self._ready = worker.receive(START_LIMIT_S) is not None
            except EOFError:
                kind, words = worker.cause_of_death()
                killed += kind is not FailureKind.EXIT
                # One that has ended itself would do so again; a signal may have come from anywhere.
                if kind is FailureKind.EXIT or killed > MOST_FRUITLESS:
                    msg = f"the worker process {words} before it was ready: {worker.last_words()}"
                    raise WorkerLostError(msg) from None
                worker = self._replace_worker()
                continue
            if not self._ready:
                msg = f"the worker process is not ready after {START_LIMIT_S:g} s"
                raise WorkerLostError(msg)
        return worker
