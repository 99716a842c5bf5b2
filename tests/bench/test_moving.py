"""What a call works on is put elsewhere in memory between samples."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import torch
from msgspec.structs import replace

from bench.prepared import Timed

from .fakes import FakeClock, StopAfter, Work, case_of, outcomes_of, samples_in

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

A = case_of("a")
SAMPLES = 5


class Moved:
    """Something to time that notes when it is called and moved, and by which draws."""

    def __init__(self, clock: FakeClock, call_s: float) -> None:
        self._work = Work(clock, call_s)
        self.steps = ""
        self.draws: list[float] = []

    def __call__(self) -> object:
        self.steps += "c"
        return self._work()

    def move(self, draw: random.Random) -> None:
        """Note it."""
        self.steps += "m"
        self.draws.append(draw.random())


def moved(call_s: float, seed: int = 0) -> Moved:
    """Return what was measured, after as many samples as ``SAMPLES``."""
    clock = FakeClock()
    work = Moved(clock, call_s)
    (found,) = outcomes_of([A], lambda _: Timed(call=work, move=work.move), clock, StopAfter(SAMPLES), seed=seed)
    assert len(samples_in(found).seconds) == SAMPLES
    return work


def test_each_sample_is_of_another_place() -> None:
    """A move, a call that fills the caches and is not timed, and the calls of the sample: three of 0.4 ms.

    After the last one comes a call whose result is looked at.
    """
    assert moved(0.4e-3).steps.endswith("mcccc" * SAMPLES + "c")


def test_places_are_drawn_by_the_seed() -> None:
    """The same seed draws the same places, in every round another; another seed draws others."""
    draws = moved(0.4e-3).draws
    assert len(set(draws)) == SAMPLES
    assert moved(0.4e-3).draws == draws
    assert not set(moved(0.4e-3, seed=1).draws) & set(draws)


@pytest.mark.parametrize("call_s", [1.1e-3, 0.019])
def test_a_call_that_fills_a_sample_alone_moves_too(call_s: float) -> None:
    """What it works on lies in the caches all the same, or in pages that fit them better or worse."""
    assert moved(call_s).steps.endswith("mcc" * SAMPLES + "c")


def test_a_long_call_stays() -> None:
    """It goes through so much memory that where that is makes no difference, and moving it would cost a call each."""
    assert "m" not in moved(0.021).steps


def test_a_move_and_the_call_after_it_run_on_the_device_of_the_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """As every other call: what they allocate and launch belongs there, whichever device is current otherwise."""
    current = ["cuda:0"]

    @contextmanager
    def chosen(device: str) -> Iterator[None]:
        current.append(device)
        yield
        current.pop()

    monkeypatch.setattr(torch.cuda, "device", chosen)
    clock, seen = FakeClock(), list[tuple[str, str]]()
    work = Work(clock, 0.4e-3)

    def call() -> object:
        seen.append(("call", current[-1]))
        return work()

    def move(draw: random.Random) -> None:
        del draw
        seen.append(("move", current[-1]))

    class OnDevice(FakeClock):
        def time(self, call: Callable[[], object], calls: int) -> float:
            with chosen("cuda:1"):
                return clock.time(call, calls)

    case = replace(A, device="cuda:1", threads=None)
    outcomes_of([case], lambda _: Timed(call=call, move=move), OnDevice(), StopAfter(SAMPLES))
    assert [name for name, _ in seen].count("move") == SAMPLES
    assert {device for _, device in seen} == {"cuda:1"}
