"""A whole plan: its cases in blocks that are compared, each event handed on at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from results.records import Failed, FailureKind

from .out_of_memory import OutOfMemory

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
    known = OutOfMemory(out_of_memory)
    for block in blocks:
        hopeful = []
        for case in block.cases:
            skipped = known.skipped(case)
            if skipped is not None:
                yield skipped
            else:
                hopeful.append(case)
        if not hopeful:
            continue
        for event in executor.run(block.only(hopeful), earlier or {}):
            if isinstance(event, Failed) and event.kind is FailureKind.OUT_OF_MEMORY:
                known.note(event.case)
            yield event
