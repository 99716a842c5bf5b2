"""A whole plan: its cases in blocks that are compared, each event handed on at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from results.records import Failed, FailureKind, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from results.records import Block, Case, Sampled

    from .events import Event


class Executor(Protocol):
    """Measures one block of cases, somewhere."""

    def run(self, block: Block, earlier: Mapping[Case, tuple[Sampled, ...]]) -> Iterator[Event]:
        """Yield what happens: starts, samples, and exactly one outcome a case.

        Samples that were taken earlier are gone on from.
        """


def run_plan(
    blocks: Sequence[Block],
    executor: Executor,
    *,
    out_of_memory: Sequence[Case] = (),
    earlier: Mapping[Case, tuple[Sampled, ...]] | None = None,
) -> Iterator[Event]:
    """Measure block by block. What ran out of memory is not tried with larger batches.

    Args:
        blocks: what to measure, in the order of the plan.
        executor: where.
        out_of_memory: cases of which that is known from before.
        earlier: samples taken before.

    """
    smallest_failing: dict[Case, int] = {}
    for case in out_of_memory:
        _note(smallest_failing, case)
    for block in blocks:
        hopeful = []
        for case in block.cases:
            failing = smallest_failing.get(_any_batch(case))
            if failing is not None and case.input.batch > failing:
                yield Skipped(case=case, reason=f"ran out of memory at batch {failing}")
            else:
                hopeful.append(case)
        if not hopeful:
            continue
        for event in executor.run(block.only(hopeful), earlier or {}):
            if isinstance(event, Failed) and event.kind is FailureKind.OUT_OF_MEMORY:
                _note(smallest_failing, event.case)
            yield event


def _note(smallest_failing: dict[Case, int], case: Case) -> None:
    key = _any_batch(case)
    smallest_failing[key] = min(case.input.batch, smallest_failing.get(key, case.input.batch))


def _any_batch(case: Case) -> Case:
    return replace(case, input=case.input.with_batch(0))
