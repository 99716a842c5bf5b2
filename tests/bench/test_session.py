from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.events import Started
from bench.session import blocks, run_plan
from results.records import Failed, Measured, Skipped

from .fakes import FakeClock, FakePrepare, StopAfter, Work, case_of, events_of, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.events import Event
    from results.records import Case, Outcome, Sampled

A, B = case_of("a"), case_of("b")
LARGE_A, LARGE_B = (replace(case, shape=(32, 8, 4, 4)) for case in (A, B))


class RecordingExecutor:
    """Notes the blocks that it is given, and gives each case an outcome."""

    def __init__(self) -> None:
        self.given: list[tuple[Case, ...]] = []

    def run(self, block: Sequence[Case], earlier: Mapping[Case, tuple[Sampled, ...]]) -> Iterator[Event]:
        """Yield a start and an outcome for each case."""
        del earlier
        self.given.append(tuple(block))
        for case in block:
            yield Started(case=case)
            yield Measured(case=case)


def test_a_block_is_what_will_be_compared() -> None:
    """Neighbours that differ in the implementation alone are sampled together; other shapes are another block."""
    assert blocks([A, B, LARGE_A, LARGE_B]) == [(A, B), (LARGE_A, LARGE_B)]


def test_source_options_and_slot_belong_to_the_implementation() -> None:
    """They tell implementations apart, so they do not tear a block apart."""
    other = replace(B, source="f" * 12, options=(("reduction", 4),), slot="spatial_conv")
    assert blocks([A, other]) == [(A, other)]


def test_the_order_of_the_plan_is_kept() -> None:
    """Blocks are runs of neighbours: a plan is carried out in the order in which it was made."""
    assert blocks([A, LARGE_A, B]) == [(A,), (LARGE_A,), (B,)]


def test_an_empty_plan_has_no_blocks() -> None:
    """There is nothing to do, and that is no error."""
    assert blocks([]) == []


def test_the_executor_gets_whole_blocks() -> None:
    """What is compared is measured in one place, and all events are handed on as they come."""
    executor = RecordingExecutor()
    events = list(run_plan([A, B, LARGE_A], executor))
    assert executor.given == [(A, B), (LARGE_A,)]
    assert events == [
        Started(case=A),
        Measured(case=A),
        Started(case=B),
        Measured(case=B),
        Started(case=LARGE_A),
        Measured(case=LARGE_A),
    ]


def test_a_block_begins_when_the_one_before_has_been_handed_on() -> None:
    """Whoever saves outcomes has saved a block before the next one, which may crash, begins."""
    executor = RecordingExecutor()
    events = run_plan([A, LARGE_A], executor)
    assert [next(events), next(events)] == [Started(case=A), Measured(case=A)]
    assert executor.given == [(A,)]


def test_every_case_has_exactly_one_outcome() -> None:
    """A plan of several blocks, failures among them: no case is lost, none comes twice."""
    clock = FakeClock()
    prepare = FakePrepare(
        {
            "a": Work(clock, 0.25),
            "b": MemoryError("no more"),
            "c": Work(clock, *[0.25] * 8, ValueError("halfway")),
            "d": Work(clock, 0.25),
        }
    )
    cases = [replace(case_of(name), shape=(batch, 8, 4, 4)) for batch in (1, 32) for name in "abcd"]
    outcomes = outcomes_of(cases, prepare, clock)
    assert sorted(outcome.case.implementation for outcome in outcomes) == sorted("abcd" * 2)
    assert {outcome.case for outcome in outcomes} == set(cases)
    assert {outcome.case.implementation for outcome in outcomes if isinstance(outcome, Failed)} == {"b", "c"}


def test_nothing_is_prepared_before_its_block() -> None:
    """The second block's modules do not take memory while the first is being measured."""
    clock = FakeClock()
    second = Work(clock, 0.25)
    events = events_of([A, LARGE_B], FakePrepare({"a": Work(clock, 0.25), "b": second}), clock, StopAfter(3))
    assert next(event for event in events if isinstance(event, Measured)).case == A
    assert second.calls == 0
    assert next(event for event in events if isinstance(event, Measured)).case == LARGE_B


def sizes_of(outcomes: list[Outcome]) -> list[tuple[int, str]]:
    """Return the batch size of each outcome, and what came of it."""
    return [
        (outcome.case.shape[0], outcome.reason if isinstance(outcome, Skipped) else type(outcome).__name__)
        for outcome in outcomes
    ]


def test_larger_batches_than_one_that_ran_out_of_memory_are_skipped() -> None:
    """They are not tried, and each says why; a smaller batch is tried all the same."""
    clock = FakeClock()
    cases = [replace(A, shape=(batch, 8, 4, 4)) for batch in (8, 4, 16, 8)]
    outcomes = outcomes_of(cases, FakePrepare({"a": MemoryError("no more")}), clock)
    assert sizes_of(outcomes) == [
        (8, "Failed"),
        (4, "Failed"),
        (16, "ran out of memory at batch 4"),
        (8, "ran out of memory at batch 4"),
    ]


def test_only_the_case_that_ran_out_of_memory_is_skipped() -> None:
    """Another implementation of the same block may need less."""
    clock = FakeClock()
    prepare = FakePrepare({"a": MemoryError("no more"), "b": Work(clock, 0.25)})
    assert sizes_of(outcomes_of([A, B, LARGE_A, LARGE_B], prepare, clock)) == [
        (1, "Failed"),
        (1, "Measured"),
        (32, "ran out of memory at batch 1"),
        (32, "Measured"),
    ]


def test_other_failures_do_not_skip_larger_batches() -> None:
    """A larger batch may work where a smaller one raised: batch norm cannot be trained on a single value."""
    clock = FakeClock()
    assert sizes_of(outcomes_of([A, LARGE_A], FakePrepare({"a": ValueError("too few values")}), clock)) == [
        (1, "Failed"),
        (32, "Failed"),
    ]
