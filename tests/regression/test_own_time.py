"""The time of a call without what other programs take."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from regression import own_time

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kernel:
    """Counts context switches as it is told: (gave up, was taken away) before and after each sample."""

    def __init__(self, switches: list[tuple[int, int]], worked: list[float]) -> None:
        self.switches, self.worked = iter(switches), iter(worked)

    def getrusage(self, _: int) -> SimpleNamespace:
        gave_up, taken_away = next(self.switches)
        return SimpleNamespace(ru_nvcsw=gave_up, ru_nivcsw=taken_away)

    def thread_time(self) -> float:
        return next(self.worked)


def seconds(patch: pytest.MonkeyPatch, kernel: Kernel, samples: Iterator[float]) -> float:
    patch.setattr(own_time, "getrusage", kernel.getrusage)
    patch.setattr(own_time, "time", SimpleNamespace(thread_time=kernel.thread_time))
    return own_time.own_seconds(lambda: next(samples))


def test_an_undisturbed_sample_is_the_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds(monkeypatch, Kernel([(0, 0), (0, 0)], [1.0, 1.4]), iter([0.5])) == pytest.approx(0.4)


def test_what_waits_is_timed_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that sleeps, or waits for a thread or a device, takes the time that it waits."""
    assert seconds(monkeypatch, Kernel([(0, 0), (1, 0)], [1.0, 1.1]), iter([0.5])) == 0.5


def test_a_sample_that_was_interrupted_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel([(0, 0), (0, 2), (0, 2), (0, 2)], [0.0, 0.004, 1.0, 1.003])
    assert seconds(monkeypatch, kernel, iter([2.0, 0.3])) == pytest.approx(0.003)


def test_of_samples_that_were_all_interrupted_the_shortest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    switches = [(0, number) for number in range(6)]
    kernel = Kernel(switches, [0.0, 0.004, 1.0, 1.003, 2.0, 2.0045])
    assert seconds(monkeypatch, kernel, iter([3.0, 3.0, 3.0])) == pytest.approx(0.003)


def test_a_long_sample_is_not_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be interrupted again, and costs a figure of another build."""
    kernel = Kernel([(0, 0), (0, 3)], [0.0, 0.04])
    assert seconds(monkeypatch, kernel, iter([0.2])) == pytest.approx(0.04)


def test_a_real_sleep_counts() -> None:
    """The kernel's own counts: a call that sleeps 20 ms has not taken less."""

    def sleeping() -> float:
        started = time.perf_counter()
        time.sleep(0.02)
        return time.perf_counter() - started

    assert own_time.own_seconds(sleeping) >= 0.02
