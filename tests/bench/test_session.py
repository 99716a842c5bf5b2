from __future__ import annotations

from typing import TYPE_CHECKING

from bench.events import Started
from bench.session import run_plan
from results.blocks import blocks_of
from results.records import Complexity, Failed, Measured, Skipped

from .fakes import FakeClock, FakePrepare, StopAfter, Work, case_of, events_of, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.events import Event
    from results.records import Block, Case, Outcome, Sampled

A, B = case_of("a"), case_of("b")
LARGE_A, LARGE_B = (case_of(name, batch=32) for name in "ab")


def counted(case: Case) -> Measured:
    """Return an outcome."""
    return Measured(case=case, result=Complexity(parameters=1, counts=()))


def cases_in(blocks: Sequence[Block]) -> list[tuple[Case, ...]]:
    """Return the cases of each block."""
    return [block.cases for block in blocks]


class RecordingExecutor:
    """Notes the blocks that it is given, and gives each case an outcome."""

    def __init__(self) -> None:
        self.given: list[Block] = []

    def run(self, block: Block, earlier: Mapping[Case, tuple[Sampled, ...]]) -> Iterator[Event]:
        """Yield a start and an outcome for each case."""
        del earlier
        self.given.append(block)
        for case in block.cases:
            yield Started(case=case)
            yield counted(case)


def test_an_empty_plan_is_no_error() -> None:
    """There is nothing to do: the executor is not asked."""
    executor = RecordingExecutor()
    assert list(run_plan((), executor)) == []
    assert executor.given == []


def test_the_executor_gets_whole_blocks() -> None:
    """What is compared is measured in one place, and all events are handed on as they come."""
    executor = RecordingExecutor()
    planned = blocks_of([A, B, LARGE_A])
    events = list(run_plan(planned, executor))
    assert executor.given == list(planned)
    assert cases_in(executor.given) == [(A, B), (LARGE_A,)]
    assert events == [
        Started(case=A),
        counted(A),
        Started(case=B),
        counted(B),
        Started(case=LARGE_A),
        counted(LARGE_A),
    ]


def test_a_block_begins_when_the_one_before_has_been_handed_on() -> None:
    """Whoever saves outcomes has saved a block before the next one, which may crash, begins."""
    executor = RecordingExecutor()
    events = run_plan(blocks_of([A, LARGE_A]), executor)
    assert [next(events), next(events)] == [Started(case=A), counted(A)]
    assert cases_in(executor.given) == [(A,)]


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
    cases = [case_of(name, batch=batch) for batch in (1, 32) for name in "abcd"]
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
    cases = [case_of("a", batch=batch) for batch in (8, 4, 16, 6)]
    outcomes = outcomes_of(cases, FakePrepare({"a": MemoryError("no more")}), clock)
    assert sizes_of(outcomes) == [
        (8, "Failed"),
        (4, "Failed"),
        (16, "ran out of memory at batch 4"),
        (6, "ran out of memory at batch 4"),
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
