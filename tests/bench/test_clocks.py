from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from bench.clocks import CpuClock, WaitingClock, clock_for, wall_clock_for
from bench.overhead import empty_call, observed_overhead_s

from .fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


@pytest.mark.parametrize("calls", [1, 7])
def test_the_cpu_clock_makes_the_calls(calls: int) -> None:
    """Exactly as many calls as asked for, and they take time."""
    made: list[None] = []
    assert CpuClock().time(lambda: made.append(None), calls) > 0
    assert len(made) == calls


def test_the_cpu_clock_has_no_other_time() -> None:
    """It is the CPU's clock: asked for that, it calls nothing."""
    CpuClock().wall_time(lambda: pytest.fail("it was called"), 3)


def test_the_cpu_clock_counts_seconds_of_all_calls() -> None:
    """Three calls of a millisecond each are at least three thousandths."""

    def spin() -> None:
        end = time.perf_counter_ns() + 1_000_000
        while time.perf_counter_ns() < end:
            pass

    taken_s = CpuClock().time(spin, 3)
    # Far above, for a machine that is busy with something else; far below milliseconds read as seconds.
    assert 0.003 <= taken_s < 1.0


def test_the_cpu_clock_knows_its_resolution() -> None:
    """The step between two readings is positive, and far below the shortest sample of a millisecond."""
    assert 0 < CpuClock().resolution_s < 1e-4


def test_an_error_in_a_call_is_not_swallowed() -> None:
    """What the call raises reaches whoever asked for the time."""

    def fail() -> None:
        msg = "no such thing"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="no such thing"):
        CpuClock().time(fail, 1)


def test_the_cpu_has_the_host_clock() -> None:
    """A case on the CPU is timed by the CPU's clock, whose name goes on record."""
    clock = clock_for("cpu")
    assert isinstance(clock, CpuClock)
    assert clock.name == "host monotonic clock"


def test_the_cpu_clock_knows_its_own_time() -> None:
    """What it shows for an empty call is more than nothing, and far less than the shortest sample."""
    assert 0 < CpuClock().overhead_s < 1e-4


def test_the_own_time_is_the_median_of_empty_calls() -> None:
    """The first three, by which a clock learns, are left out; one that was disturbed does no harm."""
    shown = iter([9.0, 9.0, 9.0, *[0.02] * 5, 7.0, *[0.04] * 5])

    class Scripted(FakeClock):
        def time(self, call: Callable[[], object], calls: int) -> float:
            assert (call, calls) == (empty_call, 4)
            return next(shown)

    assert observed_overhead_s(Scripted(), 4) == 0.01


class Queue:
    """A device that is done with a call a second after it is asked."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.waits = 0

    def chosen(self) -> AbstractContextManager[object]:
        """Choose nothing."""
        return nullcontext()

    def wait(self) -> None:
        """Let a second pass."""
        self.waits += 1
        self.now_ns += 10**9


def test_a_waiting_clock_waits_before_and_after() -> None:
    """What is still in the queue is none of the calls' time; what they leave there is."""
    queue = Queue()
    clock = WaitingClock(queue, now_ns=lambda: queue.now_ns)
    calls: list[int] = []
    assert clock.time(lambda: calls.append(queue.waits), 3) == 1.0
    assert (calls, queue.waits) == ([1, 1, 1], 2)
    assert clock.wall_time(lambda: None, 1) == 1.0


def test_steps_on_the_cpu_have_the_cpus_clock() -> None:
    """There is no device to wait for."""
    assert isinstance(wall_clock_for("cpu"), CpuClock)
