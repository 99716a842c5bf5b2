"""Promises of the ration of questions to NVML: a twentieth of the time, reasons first, and what is said of it."""

from __future__ import annotations

import pytest

from bench.telemetry import NvmlWatch
from bench.telemetry.boards import Board
from bench.telemetry.ration import Ration

from .fake_nvml import FakeNvml, Seconds

HOT = 0x20
READINGS = ("sm_clock", "memory_clock", "temperature", "power")


class SlowNvml(FakeNvml):
    """Takes its time for every answer."""

    def __init__(self, clock: Seconds, answer_s: float, **answers: list[int | str]) -> None:
        super().__init__(**answers)
        self.spent_s = 0.0
        self.answer_s = answer_s
        self._clock = clock

    def _next(self, name: str) -> int:
        self._clock.now += self.answer_s
        self.spent_s += self.answer_s
        return super()._next(name)


class Run:
    """Cases that take turns on a device whose NVML takes so long for an answer; a sample takes a millisecond."""

    def __init__(self, answer_s: float, *, cases: int = 1, **answers: list[int | str]) -> None:
        self.clock = Seconds()
        self.nvml = SlowNvml(self.clock, answer_s, **answers)
        ration = Ration(self.clock)
        # Only the questions that a watch asks are made up.
        self.watches = [NvmlWatch(self.nvml, Board("handle"), ration, self.clock) for _ in range(cases)]  # type: ignore[arg-type]
        self.looked: list[bool] = []
        """Whether reasons were asked for, of each sample."""

    def sample(self, rounds: int, sample_s: float = 1e-3) -> list[bool]:
        """Take a sample of each case in each round; return which were kept."""
        kept = []
        for _ in range(rounds):
            for watch in self.watches:
                self.clock.now += sample_s
                asked = len(self.nvml.asked)
                kept.append(watch.keep())
                self.looked.append("reasons" in self.nvml.asked[asked:])
        return kept

    @property
    def share(self) -> float:
        """Of the time so far, what went into questions."""
        return self.nvml.spent_s / self.clock.now


@pytest.mark.parametrize("cases", [1, 10])
def test_slow_answers_take_a_twentieth_of_the_time_at_most(cases: int) -> None:
    """2 ms an answer and 1 ms a sample; what may be spent is spent, and together the watches do not spend more."""
    run = Run(2e-3, cases=cases)
    run.sample(10_000 // cases)
    assert 0.04 < run.share <= 0.05


def test_with_fast_answers_every_sample_is_looked_at() -> None:
    """Five answers of 8 µs are less than a twentieth of a millisecond: all are asked, each time, and no note."""
    run = Run(8e-6)
    run.sample(1000)
    assert {name: run.nvml.asked.count(name) for name in ("reasons", *READINGS)} == dict.fromkeys(
        ("reasons", *READINGS), 1000
    )
    told = run.watches[0].summary()
    assert (told.watched, told.unwatched, told.notes) == (1000, 0, ())


def test_reasons_are_asked_before_readings() -> None:
    """20 µs an answer: there is time for the reasons after each sample, and for the rest after some."""
    run = Run(20e-6)
    run.sample(1000)
    told = run.watches[0].summary()
    assert (told.watched, told.unwatched) == (1000, 0)
    read = run.nvml.asked.count("power")
    assert 200 < read < 500
    assert told.notes == (
        f"clocks, temperature and power: asked after {read} of 1000 samples, to take 5% of the time at most",
    )


def test_a_sample_that_nobody_looked_at_is_kept() -> None:
    """On a device that throttles all the time, those that were looked at are discarded, and no others."""
    run = Run(2e-3, reasons=[HOT])
    kept = run.sample(1000)
    assert kept == [not looked for looked in run.looked]
    told = run.watches[0].summary()
    assert (told.watched, told.unwatched) == (kept.count(False), kept.count(True))
    assert 10 < told.watched < 100
    assert told.notes[0] == (
        f"throttle reasons: asked after {told.watched} of 1000 samples, to take 5% of the time at most"
    )


def test_readings_are_not_starved_by_reasons() -> None:
    """Where not even the reasons can be asked each time, a fifth of what is spent is the readings' all the same."""
    run = Run(2e-3)
    run.sample(10_000)
    assert 0.15 < sum(run.nvml.asked.count(name) for name in READINGS) / len(run.nvml.asked) < 0.25


def test_an_answer_that_takes_longer_than_what_is_saved_is_saved_up_for() -> None:
    """A tenth of a second for each, more than a second earns: in some minutes reasons and readings are told."""
    run = Run(0.1)
    run.sample(3000, sample_s=0.1)
    assert run.nvml.asked.count("reasons") > 50
    assert run.nvml.asked.count("power") > 2
    assert run.share <= 0.05


def test_a_long_pause_buys_no_crowd_of_questions() -> None:
    """After ten minutes of compiling there is what a second earns, not half a minute of questions."""
    run = Run(2e-3)
    run.clock.now += 600.0
    before_s = run.clock.now
    run.sample(1000)
    assert run.nvml.spent_s <= 0.05 * (1.0 + run.clock.now - before_s)


def test_a_question_that_was_slow_once_is_trusted_again() -> None:
    """Its debt is paid first; from then on every sample is looked at, as before."""
    run = Run(8e-6)
    run.sample(100)
    run.nvml.answer_s = 0.02
    run.sample(1)
    run.nvml.answer_s = 8e-6
    run.sample(10_000)
    run.looked.clear()
    run.sample(100)
    assert run.looked == [True] * 100


def test_a_case_whose_turn_to_be_read_never_came_is_read_when_it_ran_alone() -> None:
    """No row is without its clocks because NVML is slow; the note says when they are of."""
    run = Run(2e-3, cases=2)
    run.sample(3)
    late = run.watches[1]
    assert late.summary().sm_clock_hz is None
    late.weigh(run.clock.calls(5, 2.0))
    told = late.summary()
    assert told.sm_clock_hz == 1.98e9
    assert told.notes[-1].startswith("clocks, temperature and power: asked after 0 of 3 samples, ")
    assert told.notes[-1].endswith("; then when it ran alone")
