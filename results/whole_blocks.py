"""Which blocks of a plan are whole: of a block that was cut off while it was written, nothing counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .blocks import Block
    from .cases import Case
    from .outcomes import Outcome, Plan


class Found(NamedTuple):
    """What the records of a machine hold."""

    whole: Mapping[int, tuple[Outcome, ...]]
    """Place of a block in the plan -> an outcome of each of its cases, in their order; blocks in the order recorded."""
    rest: tuple[Outcome, ...]
    """Outcomes of blocks that are not whole."""
    others: tuple[Outcome, ...]
    """Outcomes of cases that are not planned, or not any more."""


class WholeBlocks:
    """Finds the blocks of outcomes. A machine may have threads of its own: these are not looked at.

    Args:
        plan: all of it.

    """

    def __init__(self, plan: Plan) -> None:
        self._blocks = plan.blocks
        self._places = {
            _anywhere(case): (place, index)
            for place, block in enumerate(plan.blocks)
            for index, case in enumerate(block.cases)
        }

    def among(self, outcomes: Iterable[Outcome]) -> Found:
        """Sort the outcomes of one machine by their blocks."""
        begun: dict[int, dict[int, Outcome]] = {}
        others: list[Outcome] = []
        for outcome in outcomes:
            found = self._places.get(_anywhere(outcome.case))
            if found is None:
                others.append(outcome)
            else:
                begun.setdefault(found[0], {}).setdefault(found[1], outcome)
        whole: dict[int, tuple[Outcome, ...]] = {}
        rest: list[Outcome] = []
        for place, by_index in begun.items():
            if len(by_index) == len(self._blocks[place].cases):
                whole[place] = tuple(by_index[index] for index in sorted(by_index))
            else:
                rest += by_index.values()
        return Found(whole, tuple(rest), tuple(others))


def is_of(outcomes: Iterable[Outcome], block: Block) -> bool:
    """Return whether these are an outcome of each case of a block, in their order."""
    return [_anywhere(outcome.case) for outcome in outcomes] == [_anywhere(case) for case in block.cases]


def with_threads(block: Block, threads: int | None) -> Block:
    """Return a block with its cases as they were measured: with the machine's threads, which its cases share."""
    if block.shared.threads == threads:
        return block
    return block.with_cases(lambda case: replace(case, threads=threads))


def _anywhere(case: Case) -> Case:
    return case if case.threads is None else replace(case, threads=None)
