"""Cases that take turns: on a throttled device, without room for all, and what is on record of it."""

from __future__ import annotations

import weakref
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bench.measure import Instruments, Settings, measure_block
from bench.prepared import Timed
from results.records import Failed, FailureKind, Measured, Sampled, StopReason, Timing

from .fakes import FakeClock, FakePrepare, StopAfter, Work, block_of, case_of, samples_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.events import Event
    from bench.prepared import Prepare
    from results.records import Case, Samples
    from results.stats import Series

A, B, C = (case_of(name) for name in "abc")
ROUNDS = 7


class Throttling:
    """Watches all cases of a block; the device is throttled while the samples that are listed are taken."""

    def __init__(self, throttled: Callable[[Case, int], bool]) -> None:
        self.taken: dict[Case, int] = {}
        self.weighed: dict[Case, list[int]] = {}
        self._throttled = throttled
        self._case = A

    def of(self, case: Case) -> Watching:
        """Return the watch of one case."""
        return Watching(self, case)

    def look(self, case: Case) -> bool:
        """Return whether the device was not throttled."""
        index = self.taken[case] = self.taken.get(case, -1) + 1
        return not self._throttled(case, index)


class Watching:
    """The watch of one case."""

    def __init__(self, device: Throttling, case: Case) -> None:
        self._device = device
        self._case = case

    def keep(self) -> bool:
        """Return whether the device was not throttled."""
        return self._device.look(self._case)

    def weigh(self, run: Callable[[], int]) -> None:
        """Run twice, and note how many calls that were."""
        self._device.weighed[self._case] = [run(), run()]

    def summary(self) -> None:
        """Tell nothing."""


class OwnQueue(FakeClock):
    """The clock of a device on which calls back to back take these seconds together, the last of them for ever."""

    def __init__(self, *walls_s: float) -> None:
        super().__init__()
        self._walls_s = chain(walls_s, repeat(walls_s[-1]))

    def wall_time(self, call: Callable[[], object], calls: int) -> float:
        """Make the calls, and return the next figure."""
        self.time(call, calls)
        return next(self._walls_s)


def measured(
    prepare: Prepare,
    clock: FakeClock,
    throttled: Callable[[Case, int], bool] = lambda *_: False,
    *,
    cases: Sequence[Case] = (A, B, C),
) -> Iterator[Event]:
    """Measure a block, seven samples a case."""
    instruments = Instruments(
        prepare=prepare, clock_for=lambda _: clock, watch_for=Throttling(throttled).of, now_s=clock.now_s
    )
    return measure_block(block_of(cases), instruments, Settings(stop=StopAfter(ROUNDS), budget_s=200.0, seed=0))


def samples_with(throttled: Callable[[Case, int], bool]) -> dict[Case, Samples]:
    """Measure three cases of equal calls; ``throttled`` is asked for a case and the number of its sample."""
    clock = FakeClock()
    prepare = FakePrepare({name: Work(clock, 0.25) for name in "abc"})
    outcomes = [event for event in measured(prepare, clock, throttled) if isinstance(event, Measured)]
    return {outcome.case: samples_in(outcome) for outcome in outcomes}


def test_a_throttled_sample_is_taken_again_in_its_round() -> None:
    """Discarding leaves no gap: all cases have all rounds in common, whichever of them met the throttling."""
    found = samples_with(lambda case, index: (case, index) in {(A, 0), (A, 1), (B, 3), (C, 6)})
    assert {samples.rounds for samples in found.values()} == {(0, 1, 2, 3, 4, 5, 6)}
    assert [found[case].discarded for case in (A, B, C)] == [2, 1, 1]
    assert [found[case].throttled for case in (A, B, C)] == [0, 0, 0]


def test_a_device_that_always_throttles_is_measured_all_the_same() -> None:
    """Twenty samples of the block are given up, no more; all others are kept and counted as throttled."""
    found = samples_with(lambda *_: True)
    assert [len(found[case].seconds) for case in (A, B, C)] == [7, 7, 7]
    assert sum(samples.discarded for samples in found.values()) == 20
    assert [found[case].throttled for case in (A, B, C)] == [7, 7, 7]


def test_a_case_that_always_throttles_is_not_waited_for_again_and_again() -> None:
    """What a heavy case needs of power is no fault of the moment: it gives up 20 samples once, light ones none."""
    found = samples_with(lambda case, _: case == B)
    assert [found[case].discarded for case in (A, B, C)] == [0, 20, 0]
    assert [found[case].throttled for case in (A, B, C)] == [0, 7, 0]


def test_a_device_that_recovers_is_trusted_again() -> None:
    """After an unthrottled sample of the case, the next throttled one is taken again."""
    found = samples_with(lambda case, index: case == B and index not in {22, 24})
    # 20 discarded, two kept though throttled, one unthrottled, one discarded, one unthrottled; then 20 in vain.
    assert (found[B].discarded, found[B].throttled) == (41, 5)


def test_what_is_discarded_counts_to_the_budget() -> None:
    """The time is the user's, also where nothing comes of it."""
    clock = FakeClock()

    class Spent(StopAfter):
        def reason(self, samples: Series, spent_s: float, baseline: Series | None) -> StopReason | None:
            told.append(spent_s)
            return super().reason(samples, spent_s, baseline)

    told: list[float] = []
    instruments = Instruments(
        prepare=FakePrepare({"a": Work(clock, 0.25)}),
        clock_for=lambda _: clock,
        watch_for=Throttling(lambda _, index: index < 3).of,
        now_s=clock.now_s,
    )
    list(measure_block(block_of([A]), instruments, Settings(stop=Spent(2), budget_s=200.0, seed=0)))
    assert told == [1.0, 1.25]


class Room:
    """Memory for a number of calls, each of which holds some while it lives."""

    def __init__(self, clock: FakeClock, places: int, *, asked_at: int) -> None:
        self._clock = clock
        self._places = places
        self._asked_at = asked_at
        self._calls = 0
        self.living: weakref.WeakSet[Work] = weakref.WeakSet()

    def prepare(self, case: Case) -> Timed:
        """Return a call of which case b needs the room at a later call; it fails while others hold it."""
        call = Work(self._clock, 0.25, doing=lambda: self._ask(case))
        if case == B:
            self._calls = 0
        self.living.add(call)
        return Timed(call=call)

    def _ask(self, case: Case) -> None:
        self._calls += case == B
        if case == B and self._calls >= self._asked_at and len(self.living) > self._places:
            msg = f"no room beside {len(self.living) - 1} others"
            raise MemoryError(msg)


@pytest.mark.parametrize("asked_at", [9, 12], ids=["in the first sample", "in a later sample"])
def test_a_case_without_room_while_it_is_sampled_is_tried_again_alone(asked_at: int) -> None:
    """Running out of memory beside others is not final at any time: alone, the case gets all of its samples."""
    clock = FakeClock()
    room = Room(clock, 1, asked_at=asked_at)
    outcomes = [event for event in measured(room.prepare, clock) if isinstance(event, Measured | Failed)]
    assert [type(outcome) for outcome in outcomes] == [Measured] * 3
    assert outcomes[-1].case == B
    assert [len(samples_in(outcome).seconds) for outcome in outcomes] == [7, 7, 7]


def test_a_case_without_room_gives_its_own_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it held is free when the device is asked for its free memory, and so before the next case takes its turn."""
    clock = FakeClock()
    room = Room(clock, 1, asked_at=9)
    living: list[int] = []

    def look(_: Failed) -> bool:
        living.append(len(room.living))
        return False

    monkeypatch.setattr("bench.failures.spoils_the_process", look)
    list(measured(room.prepare, clock))
    assert living == [2]


def test_a_case_without_room_alone_is_out_of_memory() -> None:
    """The second try is final."""
    clock = FakeClock()
    room = Room(clock, 0, asked_at=9)
    outcomes = [event for event in measured(room.prepare, clock) if isinstance(event, Measured | Failed)]
    (failure,) = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert (failure.case, failure.kind) == (B, FailureKind.OUT_OF_MEMORY)
    assert failure.error == "MemoryError: no room beside 0 others"


def only_samples(clock: FakeClock, *script: float, budget_s: float = 200.0) -> Samples:
    """Measure one case; return what is on record of its samples."""
    instruments = Instruments(
        prepare=FakePrepare({"a": Work(clock, *script)}),
        clock_for=lambda _: clock,
        watch_for=Throttling(lambda *_: False).of,
        now_s=clock.now_s,
    )
    settings = Settings(stop=StopAfter(ROUNDS), budget_s=budget_s, seed=0)
    (outcome,) = [event for event in measure_block(block_of([A]), instruments, settings) if isinstance(event, Measured)]
    return samples_in(outcome)


@pytest.mark.parametrize(("waits", "host_bound"), [(4, True), (3, False)])
def test_a_case_is_host_bound_if_most_of_its_samples_are(waits: int, *, host_bound: bool) -> None:
    """The device waited in four of seven samples, or in three; what it did during warm-up does not count."""

    class Waiting(FakeClock):
        taken = 0

        def time(self, call: Callable[[], object], calls: int) -> float:
            self.taken += 1
            # Warming up took seven.
            self.host_bound = self.taken <= 7 + waits
            return super().time(call, calls)

    assert only_samples(Waiting(), 0.25).host_bound == host_bound


def test_a_warm_up_that_was_not_steady_is_on_record() -> None:
    """A case whose calls never agree within half its budget says so; one whose calls do agree, that too."""
    assert not only_samples(FakeClock(), 1.0, 1.0, *[0.25, 0.25, 0.25, 0.5, 0.5, 0.5] * 10, budget_s=8.0).warmup_steady
    assert only_samples(FakeClock(), 0.25).warmup_steady


class Beats:
    """Counts the steps."""

    def __init__(self) -> None:
        self.steps = 0

    def beat(self, case: Case) -> None:
        """Count."""
        del case
        self.steps += 1


def alone(clock: FakeClock, call: Work, case: Case = A) -> tuple[Samples, list[int], int]:
    """Measure one case; return its samples, how many calls were weighed at a time, and the number of steps."""
    device, pulse = Throttling(lambda *_: False), Beats()
    instruments = Instruments(
        prepare=FakePrepare({"a": call}), clock_for=lambda _: clock, watch_for=device.of, now_s=clock.now_s
    )
    settings = Settings(stop=StopAfter(ROUNDS), budget_s=200.0, seed=0)
    events = measure_block(block_of([case]), instruments, settings, pulse=pulse)
    (outcome,) = [event for event in events if isinstance(event, Measured)]
    return samples_in(outcome), device.weighed.get(case, []), pulse.steps


def test_a_case_runs_alone_when_its_sampling_ends() -> None:
    """By the CPU's clock for 0.1 s, of which one interrupt makes no difference; then on the energy counter."""
    clock = OwnQueue(0.015, 0.06, 0.015, 0.015, 99.0)
    call = Work(clock, 0.0004)
    samples, weighed, steps = alone(clock, call)
    assert samples.calls_per_sample == 3
    assert samples.wall_s_per_call == 0.005
    assert weighed == [3, 3]
    # As in the samples, each of the six chunks is a step to who watches for hangs; on the CPU one step finds nothing.
    host = FakeClock()
    without = Work(host, 0.0004)
    _, _, steps_without = alone(host, without)
    assert (steps - steps_without, call.calls - without.calls) == (6 - 1, 6 * 3)


def test_a_slow_call_runs_alone_once() -> None:
    """A single call of more than 0.1 s tells enough by the CPU's clock."""
    clock = OwnQueue(0.375)
    samples, weighed, _ = alone(clock, Work(clock, 0.25))
    assert (samples.wall_s_per_call, weighed) == (0.375, [1, 1])


def test_what_is_timed_cold_has_no_time_back_to_back() -> None:
    """Its caches would be hot; of its energy that is told all the same."""
    clock = OwnQueue(0.375)
    samples, weighed, _ = alone(clock, Work(clock, 0.25), replace(A, timing=Timing.COLD))
    assert (samples.wall_s_per_call, weighed) == (None, [1, 1])


def test_on_the_host_nothing_runs_alone() -> None:
    """Its clock took the samples, and it has no counter: the last sample is the last of it."""
    clock = FakeClock()
    samples, weighed, _ = alone(clock, Work(clock, 0.25))
    assert (samples.wall_s_per_call, weighed) == (None, [])


#: Calls until the last sample is taken: the first result, seven of warming up, seven samples.
SAMPLED_CALLS = 15


def test_a_case_that_fails_alone_has_failed() -> None:
    """A device that is broken by then is nothing to report figures from; the samples had been passed on."""
    clock = OwnQueue(0.25)
    fails = Work(clock, *[0.25] * SAMPLED_CALLS, RuntimeError("device-side assert"))
    events = list(measured(FakePrepare({"a": fails}), clock, cases=[A]))
    assert len([event for event in events if isinstance(event, Sampled)]) == ROUNDS
    (outcome,) = [event for event in events if isinstance(event, Measured | Failed)]
    assert isinstance(outcome, Failed)
    assert outcome.error == "RuntimeError: device-side assert"


def test_a_case_without_room_while_it_runs_alone_is_tried_again() -> None:
    """As in a sample: what others held is no fault of its own."""
    clock = OwnQueue(0.25)
    room = Room(clock, 1, asked_at=SAMPLED_CALLS + 1)
    outcomes = [event for event in measured(room.prepare, clock) if isinstance(event, Measured | Failed)]
    assert [type(outcome) for outcome in outcomes] == [Measured] * 3
