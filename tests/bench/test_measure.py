from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING, assert_never

import pytest
import torch
from msgspec.structs import replace
from torch import nn

from bench.complexity.torch_counter import TorchCounter
from bench.events import Started
from bench.prepared import Counted, Timed
from bench.stopping import PrecisionOrBudget
from results.records import (
    Case,
    Complexity,
    Failed,
    FailureKind,
    FeatureMap,
    Measured,
    Samples,
    Skipped,
    StopReason,
)

from .fakes import FakeClock, FakePrepare, StopAfter, Work, case_of, events_of, outcomes_of, samples_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Outcome

A, B, C = (case_of(name) for name in "abc")


@pytest.fixture
def _threads() -> Iterator[None]:
    """Put back the number of threads that a measurement has set."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def samples_of(outcomes: Sequence[Outcome], case: Case) -> Samples:
    """Return the samples of a case, of which there must be exactly one outcome."""
    (outcome,) = [outcome for outcome in outcomes if outcome.case == case]
    return samples_in(outcome)


def failure_of(outcomes: Sequence[Outcome], case: Case) -> Failed:
    """Return the failure of a case, of which there must be exactly one outcome."""
    (outcome,) = [outcome for outcome in outcomes if outcome.case == case]
    assert isinstance(outcome, Failed)
    return outcome


def summary(outcome: Outcome) -> str:
    """Say in a few words what came of a case."""
    match outcome:
        case Measured():
            return f"{len(samples_in(outcome).seconds)} samples"
        case Failed(kind=kind, error=error):
            return f"{kind}: {error}"
        case Skipped(reason=reason):
            return f"skipped: {reason}"
        case _:
            assert_never(outcome)


def test_samples_are_kept_as_taken() -> None:
    """Every sample is on record: seconds a call in the order taken, its round, what warming up took, which clock."""
    clock = FakeClock()
    # One call whose result is checked, one that is slow, two windows of three; then four samples.
    work = Work(clock, 9.0, 4.0, *[0.25] * 6, 0.25, 0.5, 0.125, 2.0)
    assert samples_of(outcomes_of([A], FakePrepare({"a": work}), clock, StopAfter(4)), A) == Samples(
        seconds=(0.25, 0.5, 0.125, 2.0),
        rounds=(0, 1, 2, 3),
        calls_per_sample=1,
        warmup_calls=8,
        warmup_s=14.5,
        overhead_s=0.0,
        stop=StopReason.BUDGET,
        precision=0.25,
        clock="a fake clock",
    )


def test_short_calls_share_a_sample() -> None:
    """Calls of half a millisecond are timed three together; what is kept is still seconds a call."""
    clock = FakeClock()
    work = Work(clock, 1 / 2048)
    samples = samples_of(outcomes_of([A], FakePrepare({"a": work}), clock, StopAfter(4)), A)
    assert samples.calls_per_sample == 3
    assert samples.seconds == (1 / 2048,) * 4
    # One more: is the result after the last sample as good as the first?
    assert work.calls == samples.warmup_calls + 12 + 1


def test_warm_up_takes_at_most_half_the_budget() -> None:
    """A case that never gets steady still gets its samples: the call that crosses the limit is the last one."""
    clock = FakeClock()
    work = Work(clock, *[0.25, 0.25, 0.25, 0.5, 0.5, 0.5] * 10)
    samples = samples_of(outcomes_of([A], FakePrepare({"a": work}), clock, StopAfter(4), budget_s=8.0), A)
    assert 4.0 < samples.warmup_s <= 4.5
    assert len(samples.seconds) == 4


def rounds_of(seed: int, rounds: int = 12) -> list[str]:
    """Measure three cases and return the order of each round, such as ``bca``."""
    clock, order = FakeClock(), list[str]()
    works = {name: Work(clock, 0.25, doing=partial(order.append, name)) for name in "abc"}
    outcomes_of([A, B, C], FakePrepare(works), clock, StopAfter(rounds), seed=seed)
    # What was called before the first round is warm-up. After its last sample each is called once more, to be checked.
    before_last, last = order[-3 * rounds - 3 : -6], order[-6:]
    assert last[0::2] == last[1::2]
    sampled = "".join(before_last + last[0::2])
    return [sampled[start : start + 3] for start in range(0, len(sampled), 3)]


def test_every_round_samples_every_case_once() -> None:
    """What disturbs the machine for a while disturbs all cases alike: none is sampled twice before the others."""
    assert ["".join(sorted(order)) for order in rounds_of(seed=0)] == ["abc"] * 12


def test_the_order_changes_from_round_to_round() -> None:
    """Nothing always runs after the same other case: all six orders of three cases occur."""
    assert set(rounds_of(seed=0, rounds=60)) == {"abc", "acb", "bac", "bca", "cab", "cba"}


def test_the_seed_decides_the_orders() -> None:
    """A run can be repeated in the same orders, and another seed gives others."""
    assert rounds_of(seed=1) == rounds_of(seed=1)
    assert rounds_of(seed=1) != rounds_of(seed=2)


def test_samples_of_one_round_pair_up() -> None:
    """A case that is precise early leaves; the rounds on record still say which samples were taken together."""
    clock = FakeClock()
    prepare = FakePrepare({"a": Work(clock, 1.0), "b": Work(clock, *[1.0, 3.0] * 60)})
    outcomes = outcomes_of([A, B], prepare, clock, PrecisionOrBudget(precision=0.01, budget_s=100.0), budget_s=100.0)
    steady, scattered = samples_of(outcomes, A), samples_of(outcomes, B)
    assert (steady.rounds, steady.stop) == (tuple(range(10)), StopReason.PRECISION)
    assert (scattered.rounds, scattered.stop) == (tuple(range(50)), StopReason.BUDGET)


def test_the_first_of_attentions_alone_stays_to_the_end() -> None:
    """The others are divided by it, round by round: it is sampled for as long as they are."""
    clock = FakeClock()
    alone = FeatureMap(batch=1, channels=8, height=4, width=4)
    first, second = (replace(case, input=alone, host=None) for case in (A, B))
    prepare = FakePrepare({"a": Work(clock, 1.0), "b": Work(clock, *[1.0, 3.0] * 60)})
    stop = PrecisionOrBudget(precision=0.01, budget_s=100.0)
    outcomes = outcomes_of([first, second], prepare, clock, stop, budget_s=100.0)
    assert samples_of(outcomes, first).rounds == samples_of(outcomes, second).rounds == tuple(range(50))


def test_an_outcome_comes_as_soon_as_it_is_known() -> None:
    """The case that is done first is handed on first, while the other one is still being sampled."""
    clock = FakeClock()
    slow = Work(clock, *[1.0, 3.0] * 60)
    stop = PrecisionOrBudget(precision=0.01, budget_s=100.0)
    events = events_of([B, A], FakePrepare({"a": Work(clock, 1.0), "b": slow}), clock, stop)
    assert next(event for event in events if isinstance(event, Measured)).case == A
    calls = slow.calls
    assert [event.case for event in events if isinstance(event, Measured)] == [B]
    assert slow.calls > calls


def test_each_case_is_announced() -> None:
    """A progress display hears of every case before its outcome."""
    clock = FakeClock()
    prepare = FakePrepare({"a": Work(clock, 1.0), "b": ValueError("no"), "c": Work(clock, 1.0)})
    events = list(events_of([A, B, C], prepare, clock))
    assert [event.case.implementation for event in events if isinstance(event, Started)] == ["a", "b", "c"]
    (failure,) = (event for event in events if isinstance(event, Failed))
    assert events.index(Started(case=B)) < events.index(failure)


@pytest.mark.parametrize(
    "calls_before",
    [
        pytest.param(None, id="in prepare"),
        pytest.param(0, id="in the first call"),
        pytest.param(5, id="in warm-up"),
        pytest.param(8, id="in the first sample"),
        pytest.param(10, id="in the middle of sampling"),
    ],
)
def test_a_case_that_raises_is_an_outcome_and_the_others_go_on(calls_before: int | None) -> None:
    """Wherever a case fails, its failure is recorded, and its neighbours get all of their samples."""
    clock = FakeClock()
    error = ValueError("no such thing")
    failing = error if calls_before is None else Work(clock, *[0.25] * calls_before, error)
    prepare = FakePrepare({"a": Work(clock, 0.25), "b": failing, "c": Work(clock, 0.25)})
    outcomes = outcomes_of([A, B, C], prepare, clock)
    assert len(outcomes) == 3
    assert {outcome.case.implementation: summary(outcome) for outcome in outcomes} == {
        "a": "7 samples",
        "b": "exception: ValueError: no such thing",
        "c": "7 samples",
    }


def test_a_failure_says_where() -> None:
    """The error is one line for a table; the traceback names the place for whoever mends it."""
    clock = FakeClock()
    work = Work(clock, RuntimeError("shapes differ\nexpected 8\ngot 16"))
    failure = failure_of(outcomes_of([A], FakePrepare({"a": work}), clock), A)
    assert failure.error == "RuntimeError: shapes differ expected 8 got 16"
    assert failure.traceback.startswith("Traceback (most recent call last):\n")
    assert "fakes.py" in failure.traceback
    assert failure.traceback.endswith("RuntimeError: shapes differ\nexpected 8\ngot 16\n")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError("no more"), FailureKind.OUT_OF_MEMORY),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 TiB."), FailureKind.OUT_OF_MEMORY),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), FailureKind.EXCEPTION),
    ],
    ids=["host", "GPU", "something else"],
)
def test_out_of_memory_is_told_from_other_errors(error: Exception, kind: FailureKind) -> None:
    """Whether memory ran out is a fact of its own: a smaller batch may help."""
    clock = FakeClock()
    assert failure_of(outcomes_of([A], FakePrepare({"a": Work(clock, error)}), clock), A).kind is kind


def test_torch_out_of_host_memory() -> None:
    """PyTorch reports it as a RuntimeError: a pebibyte, more than the address space, is out of memory all the same."""
    clock = FakeClock()
    work = Work(clock, 1.0, doing=lambda: torch.empty(2**50, dtype=torch.uint8))
    failure = failure_of(outcomes_of([A], FakePrepare({"a": work}), clock), A)
    assert failure.kind is FailureKind.OUT_OF_MEMORY
    assert failure.error.startswith("RuntimeError: ")


def test_a_result_with_nan_is_a_failure() -> None:
    """The time of a call that gives no numbers is the time of nothing; a table must not show it."""
    clock = FakeClock()
    work = Work(clock, 0.25, giving=(torch.ones(3), torch.tensor([1.0, float("nan")])))
    failure = failure_of(outcomes_of([A], FakePrepare({"a": work}), clock), A)
    assert (failure.kind, failure.error) == (FailureKind.NAN, "1 of 2 elements of result 1 are NaN")


def test_a_result_without_nan_is_measured() -> None:
    """Infinities, integers and gradients that are not there are no reason to refuse."""
    clock = FakeClock()
    work = Work(clock, 0.25, giving=[torch.tensor([float("inf")]), None, {"count": torch.tensor([3])}])
    assert len(samples_of(outcomes_of([A], FakePrepare({"a": work}), clock), A).seconds) == 7


def test_an_interrupt_is_not_an_outcome() -> None:
    """Ctrl-C ends the run; it is no failure of the case that happened to run."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock = FakeClock()
    with pytest.raises(KeyboardInterrupt):
        outcomes_of([A], FakePrepare({"a": Work(clock, 1.0, doing=interrupt)}), clock)


def test_something_to_count_is_counted() -> None:
    """A module gives its complexity, and no samples."""
    counted = Counted(module=nn.Conv2d(8, 8, 1), inputs=(torch.zeros(1, 8, 4, 4),), counters=(TorchCounter(),))
    (outcome,) = outcomes_of([A], FakePrepare({"a": counted}), FakeClock())
    assert isinstance(outcome, Measured)
    assert isinstance(outcome.result, Complexity)
    assert (outcome.result.parameters, outcome.result.total("torch")) == (72, 2048)


def test_a_module_that_cannot_be_counted_is_a_failure() -> None:
    """A wrong shape is this case's outcome, and the next case is counted."""
    inputs, counters = (torch.zeros(1, 8, 4, 4),), (TorchCounter(),)
    wrong = Counted(module=nn.Conv2d(16, 8, 1), inputs=inputs, counters=counters)
    right = Counted(module=nn.Conv2d(8, 8, 1), inputs=inputs, counters=counters)
    outcomes = outcomes_of([A, B], FakePrepare({"a": wrong, "b": right}), FakeClock())
    assert failure_of(outcomes, A).error.startswith("RuntimeError: Given groups=1")
    assert isinstance(outcomes[1], Measured)


def test_no_garbage_is_collected_during_a_sample() -> None:
    """A collection can take milliseconds: it waits until between two samples."""
    clock, enabled = FakeClock(), list[bool]()
    work = Work(clock, 0.25, doing=lambda: enabled.append(gc.isenabled()))
    outcomes_of([A], FakePrepare({"a": work}), clock)
    # The last call is not timed.
    assert enabled[-8:] == [False] * 7 + [True]
    assert gc.isenabled()


def test_the_garbage_collector_is_on_again_after_an_error() -> None:
    """A case that raises in a sample does not leave the process without a garbage collector."""
    clock = FakeClock()
    outcomes_of([A], FakePrepare({"a": Work(clock, *[0.25] * 10, ValueError())}), clock)
    assert gc.isenabled()


def test_a_garbage_collector_that_was_off_stays_off() -> None:
    """Whoever measures with the collector off finds it so afterwards."""
    clock = FakeClock()
    gc.disable()
    try:
        outcomes_of([A], FakePrepare({"a": Work(clock, 0.25)}), clock)
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.usefixtures("_threads")
def test_every_call_has_the_threads_of_its_case() -> None:
    """Cases with different threads each run with their own, warm-up included; afterwards it is as before."""
    torch.set_num_threads(2)
    clock = FakeClock()
    seen: dict[str, set[int]] = {"one": set(), "three": set(), "any": set()}

    def note(name: str) -> None:
        seen[name].add(torch.get_num_threads())

    works = {name: Work(clock, 0.25, doing=partial(note, name)) for name in seen}
    outcomes_of([case_of("one", threads=1), case_of("three", threads=3), case_of("any")], FakePrepare(works), clock)
    assert seen == {"one": {1}, "three": {3}, "any": {2}}
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_threads")
def test_a_case_that_raises_puts_the_threads_back() -> None:
    """A failure does not decide how many threads the rest of the process has."""
    torch.set_num_threads(2)
    clock = FakeClock()
    outcomes_of([case_of("a", threads=1)], FakePrepare({"a": Work(clock, ValueError())}), clock)
    assert torch.get_num_threads() == 2


def test_memory_that_neighbours_hold_is_not_a_cases_fault() -> None:
    """A case that runs out of memory beside others is tried again alone, and measured if it fits then."""
    clock = FakeClock()
    tries: list[str] = []

    def prepare(case: Case) -> Timed:
        tries.append(case.implementation)
        if tries == ["a", "b"]:
            msg = "no room beside a"
            raise MemoryError(msg)
        return Timed(call=Work(clock, 0.25))

    found = outcomes_of([A, B], prepare, clock, StopAfter(4))
    assert tries == ["a", "b", "b"]
    assert len(samples_of(found, B).seconds) == 4


def test_a_case_that_has_no_room_alone_is_out_of_memory() -> None:
    """The second try decides."""
    clock = FakeClock()

    def prepare(case: Case) -> Timed:
        if case == B:
            msg = "no room at all"
            raise MemoryError(msg)
        return Timed(call=Work(clock, 0.25))

    found = outcomes_of([A, B], prepare, clock, StopAfter(4))
    assert len(samples_of(found, A).seconds) == 4
    assert failure_of(found, B).kind is FailureKind.OUT_OF_MEMORY
