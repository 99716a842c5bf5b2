"""On which machines one implementation is faster than another: within each machine, never between two."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from .blocks import compared_in
from .comparison import same_case
from .records import Latency
from .stats import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cases import Case
    from .records import Block, Run


class Order(StrEnum):
    """How two cases of one block stand on one machine."""

    FASTER = "faster"
    SLOWER = "slower"
    OPEN = "not told apart"
    """The interval of their ratio has 1 in it, or the ratio is within the machine's noise floor."""
    UNKNOWN = "not measured"
    """Not both were timed, not in the same rounds, or the machine was unfit to compare times on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """Two cases that are compared, on several machines."""

    one: Case
    other: Case
    orders: tuple[Order, ...]
    """Of ``one`` against ``other``; one a run."""

    @property
    def turns(self) -> bool:
        """Whether one is faster on one machine and slower on another."""
        return Order.FASTER in self.orders and Order.SLOWER in self.orders

    @property
    def holds(self) -> bool:
        """Whether all machines say the same, and say something."""
        return len(set(self.orders)) == 1 and self.orders[0] in {Order.FASTER, Order.SLOWER}


def orderings(runs: Sequence[Run]) -> tuple[Ordering, ...]:
    """Return every two cases of a block that two runs or more have timed, in the order of the first run that has them.

    Args:
        runs: one a machine.

    """
    blocks: dict[Case, dict[int, Block]] = {}
    for place, run in enumerate(runs):
        for block in run.index.blocks_with(Latency):
            if not block.shared.input.is_step:
                blocks.setdefault(_same_block(block), {})[place] = block
    return tuple(
        ordering
        for found in blocks.values()
        if len(found) > 1
        for ordering in _of_block(runs, [found.get(place) for place in range(len(runs))])
    )


def _same_block(block: Block) -> Case:
    return compared_in(same_case(block.shared))


def _of_block(runs: Sequence[Run], blocks: Sequence[Block | None]) -> list[Ordering]:
    cases = [{} if block is None else {same_case(case): case for case in block.cases} for block in blocks]
    names = dict.fromkeys(name for found in cases for name in found)
    found = []
    for one, other in combinations(names, 2):
        sides = [(known.get(one), known.get(other)) for known in cases]
        orders = tuple(_order(run, *side) for run, side in zip(runs, sides, strict=True))
        if sum(order is not Order.UNKNOWN for order in orders) > 1:
            found.append(Ordering(one=one, other=other, orders=orders))
    return found


def _order(run: Run, one: Case | None, other: Case | None) -> Order:
    if one is None or other is None or run.index.is_too_noisy(one):
        return Order.UNKNOWN
    timed = run.index.results((one, other), Latency)
    if one not in timed or other not in timed:
        return Order.UNKNOWN
    found = ratio(timed[one].samples, timed[other].samples)
    if found is None:
        return Order.UNKNOWN
    floor = run.index.noise_floor(one)
    if found.low <= 1 <= found.high or abs(found.value - 1) <= (0 if floor is None else floor.relative):
        return Order.OPEN
    return Order.FASTER if found.value < 1 else Order.SLOWER
