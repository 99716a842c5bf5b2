"""A worker that measures in the process of the test: for promises that are not about processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cores import Uncounted
from bench.measure import measure_block
from bench.worker import Events, Order, Ready, Setup

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from bench.executors.process import Message
    from results.records import FailureKind


class LocalWorker:
    """Stands in for a ProcessWorker, and spares a test the seconds in which another process imports torch."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._messages: Iterator[Message] = iter([Ready(busy_s=0.0)])

    def order(self, order: Order) -> None:
        """Begin a block."""
        self._messages = self._measure(order)

    def _measure(self, order: Order) -> Iterator[Message]:
        for event in measure_block(
            order.block,
            self._setup.instruments,
            self._setup.settings,
            earlier=order.earlier,
            first_round=order.first_round,
        ):
            yield Events(events=(event,))
        yield Ready(busy_s=0.0)

    def receive(self, timeout_s: float) -> Message | None:
        """Return the next message; measuring it takes as long as it takes."""
        del timeout_s
        return next(self._messages)

    def at_work_on(self) -> tuple[int | None, int]:
        """Return that nothing is known: nobody watches while this process measures."""
        return None, 0

    def kill(self) -> None:
        """Fail: nobody can end this process but the test."""
        msg = "a worker in the process of the test was to be killed"
        raise AssertionError(msg)

    def cause_of_death(self) -> tuple[FailureKind, str]:
        """Fail: this process lives."""
        msg = "a worker in the process of the test cannot have died"
        raise AssertionError(msg)

    def last_words(self) -> str:
        """Return what it wrote last: what a test prints is captured elsewhere."""
        return ""

    def close(self) -> None:
        """Let go of the block."""
        self._messages = iter(())


def measure_here(patch: pytest.MonkeyPatch) -> None:
    """Let runs measure in this process, and listen to the machine no longer than it takes to have a noise floor."""
    patch.setattr("bench.executors.process.ProcessWorker", LocalWorker)
    patch.setattr("bench.noise.BUDGET_S", 0.001)
    # Other tests have the cores meanwhile.
    patch.setattr("bench.instruments.LinuxCores", Uncounted)
