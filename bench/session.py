"""A whole plan: its cases in blocks that are compared, each event handed on at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from results.compare import comparison_group
from results.records import Failed, FailureKind, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from results.records import Case, Sampled

    from .events import Event


class Executor(Protocol):
    """Measures one block of cases, somewhere."""

    def run(self, block: Sequence[Case], earlier: Mapping[Case, tuple[Sampled, ...]]) -> Iterator[Event]:
        """Yield what happens: starts, samples, and exactly one outcome a case.

        Samples that were taken earlier are gone on from.
        """


def blocks(cases: Sequence[Case]) -> list[tuple[Case, ...]]:
    """Split a plan into runs of neighbours that differ only in what is compared."""
    return [tuple(block) for _, block in groupby(cases, key=comparison_group)]


def run_plan(
    cases: Sequence[Case],
    executor: Executor,
    *,
    out_of_memory: Sequence[Case] = (),
    earlier: Mapping[Case, tuple[Sampled, ...]] | None = None,
) -> Iterator[Event]:
    """Measure all cases, block by block. What ran out of memory is not tried with larger batches.

    Args:
        cases: what to measure, in the order of the plan.
        executor: where.
        out_of_memory: cases of which that is known from before.
        earlier: samples taken before.

    """
    smallest_failing: dict[Case, int] = {}
    for case in out_of_memory:
        _note(smallest_failing, case)
    for block in blocks(cases):
        hopeful = []
        for case in block:
            failing = smallest_failing.get(_any_batch(case))
            if failing is not None and case.shape[0] > failing:
                yield Skipped(case=case, reason=f"ran out of memory at batch {failing}")
            else:
                hopeful.append(case)
        if not hopeful:
            continue
        for event in executor.run(hopeful, earlier or {}):
            if isinstance(event, Failed) and event.kind is FailureKind.OUT_OF_MEMORY:
                _note(smallest_failing, event.case)
            yield event


def _note(smallest_failing: dict[Case, int], case: Case) -> None:
    key = _any_batch(case)
    smallest_failing[key] = min(case.shape[0], smallest_failing.get(key, case.shape[0]))


def _any_batch(case: Case) -> Case:
    return replace(case, shape=case.shape[1:])
