from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bench import equal_cases, noise, subprocesses
from bench.measure import Instruments
from bench.noise import BUILDS, NoFloor, NoiseError, Place, floor_of, measured_here, noise_floor, noise_floors
from bench.prepared import Timed
from bench.telemetry import NoWatch
from results.records import NoiseFloor, Samples, StopReason, Subject, Timing

from .fakes import FakeClock, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from results.records import Case

GPU = Place("cuda:1", Timing.COLD)


def machine(clock: FakeClock, build: Callable[[Case], Work]) -> Instruments:
    """Return instruments that build and time what a test says."""
    return Instruments(
        prepare=lambda case: Timed(call=build(case)), clock_for=lambda _: clock, watch_for=lambda _: NoWatch()
    )


def samples(seconds: Sequence[float]) -> Samples:
    """Return samples of rounds from 0 on."""
    return Samples(
        seconds=tuple(seconds),
        rounds=tuple(range(len(seconds))),
        calls_per_sample=1,
        warmup_calls=1,
        warmup_s=0.1,
        stop=StopReason.BUDGET,
        precision=0.0,
        clock="a fake clock",
    )


def test_a_quiet_machine_has_no_noise() -> None:
    """Six equals that take the same time are no distance apart; the record says where and over how many rounds."""
    clock = FakeClock()
    place = Place("cpu", Timing.HOT, 1, Subject.OP)
    found = noise_floor(machine(clock, lambda _: Work(clock, 0.004)), place)
    # A machine that stalls for milliseconds has fewer in the time allowed.
    assert 10 <= found.pairs <= 50
    assert found == NoiseFloor(
        relative=0.0,
        pairs=found.pairs,
        seconds_per_call=0.004,
        builds=6,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.OP,
        equals="softmaxes",
    )


def test_a_slow_call_gets_ten_rounds() -> None:
    """However long a call takes: a median of fewer is moved by a single disturbance."""
    clock = FakeClock()
    assert noise_floor(machine(clock, lambda _: Work(clock, 0.5)), Place("cpu", threads=1)).pairs == 10


def test_every_equal_is_built_on_its_own() -> None:
    """What one is off by for as long as it lives is in the floor, though its samples are all the same."""
    clock, built = FakeClock(), list[Work]()

    def build(case: Case) -> Work:
        assert (case.device, case.timing) == ("cpu", Timing.COLD)
        # Every other one lies badly in memory, and is 10% slower.
        built.append(Work(clock, 0.0044 if len(built) % 2 else 0.004))
        return built[-1]

    found = noise_floor(machine(clock, build), Place("cpu", Timing.COLD, 1))
    # One more to see how long it takes.
    assert len(built) == BUILDS + 1
    # Of 15 ratios 9 are 1.1, the others 1; Student's t of five degrees of freedom is 2.571.
    assert found.relative == pytest.approx(math.expm1(2.571 * math.sqrt(9 / 15) * math.log(1.1)))
    assert found.relative > 0.1
    assert (found.device, found.timing) == ("cpu", Timing.COLD)


def test_equals_do_not_run_alone() -> None:
    """Only their samples are wanted: what a case runs alone for, its energy, takes seconds each."""

    class OwnQueue(FakeClock):
        def wall_time(self, call: Callable[[], object], calls: int) -> float:
            return pytest.fail(f"{call} ran {calls} times")

    clock = OwnQueue()
    assert noise_floor(machine(clock, lambda _: Work(clock, 0.004)), Place("cpu")).relative == 0.0


def test_nineteen_in_twenty_ratios_of_equals_are_closer() -> None:
    """Of builds that are off by 3%, normally distributed: the next two are within the floor in 95% of 1,000 trials."""
    drawn = random.Random(7)
    within = 0
    for _ in range(1000):
        offsets = [drawn.gauss(0, 0.03) for _ in range(BUILDS + 2)]
        floor = floor_of([samples([math.exp(offset)] * 10) for offset in offsets[2:]], Place("cpu"))
        within += abs(offsets[0] - offsets[1]) <= math.log1p(floor.relative)
    assert 0.935 <= within / 1000 <= 0.965


def test_equals_that_were_not_sampled_together_have_no_floor() -> None:
    """One that ran out of memory beside the others is measured alone: its times say nothing of theirs."""
    alone = replace(samples([1.0] * 10), rounds=tuple(range(90, 100)))
    with pytest.raises(NoiseError, match="too few rounds"):
        floor_of([samples([1.0] * 10), alone], Place("cpu"))


def test_a_failure_is_said_and_the_other_places_have_their_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails here may do better in the run, or be told there case by case."""
    real = equal_cases.build

    def build(case: Case) -> Timed:
        if case.threads == 2:
            msg = "no such thing"
            raise RuntimeError(msg)
        return real(case)

    monkeypatch.setattr(equal_cases, "build", build)
    broken = Place("cpu", threads=2)
    first, second = measured_here((broken, Place("cpu", threads=1)))
    assert first == NoFloor(broken, "RuntimeError: no such thing")
    assert isinstance(second, NoiseFloor)


def test_what_needs_cuda_is_measured_in_a_process_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """All places in one; its death is no end of the run. The CPU alone needs none."""
    quiet = NoiseFloor(
        relative=0.01,
        pairs=9,
        seconds_per_call=1.0,
        builds=6,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )
    here = (quiet,)

    def measured(*_: object) -> tuple[NoiseFloor]:
        return here

    monkeypatch.setattr(noise, "measured_here", measured)
    asked: list[object] = []

    def dies(function: object, places: object) -> None:
        asked.append((function, places))
        msg = "it died"
        raise subprocesses.SubprocessError(msg)

    monkeypatch.setattr(subprocesses, "subprocess_call", dies)
    assert noise_floors((Place("cpu"),)) == here
    assert asked == []
    assert noise_floors((Place("cpu"), GPU)) == (NoFloor(Place("cpu"), "it died"), NoFloor(GPU, "it died"))
    assert asked == [(measured, (Place("cpu"), GPU))]


def test_this_machine_has_a_floor() -> None:
    """On the real CPU: six builds, a call that takes time, and a floor that is no negative number."""
    (found,) = noise_floors((Place("cpu", threads=1),))
    assert isinstance(found, NoiseFloor)
    assert (found.builds, found.device, found.timing) == (6, "cpu", Timing.HOT)
    assert found.pairs >= 10
    assert 1e-5 < found.seconds_per_call < 10
    assert found.relative >= 0
