"""A whole plan: its cases in blocks that are compared, each outcome handed on at once."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from results.compare import comparison_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Case

    from .events import Event


class Executor(Protocol):
    """Measures one block of cases, somewhere."""

    def run(self, block: Sequence[Case]) -> Iterator[Event]:
        """Yield what happens: each case's start, and exactly one outcome a case."""


def blocks(cases: Sequence[Case]) -> list[tuple[Case, ...]]:
    """Split a plan into runs of neighbours that differ only in what is compared."""
    return [tuple(block) for _, block in groupby(cases, key=comparison_group)]


def run_plan(cases: Sequence[Case], executor: Executor) -> Iterator[Event]:
    """Measure all cases, block by block."""
    for block in blocks(cases):
        yield from executor.run(block)
