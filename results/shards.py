"""A part of a plan, and which one: what several machines share out among themselves without talking to each other."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from .ranges import Line, Size, Whole  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from .blocks import Block
    from .outcomes import Plan

#: 64 bits, as of a case's key.
HEX_DIGITS = 16


class Shard(Record, frozen=True, kw_only=True):
    """Which part of a plan a run measures."""

    number: Size
    """From 1."""
    of: Size
    """How many parts there are."""
    plan: Line
    """The digest of the whole plan, the same in all its parts (see ``plan_digest``)."""
    places: tuple[Whole, ...]
    """Where each block of this part stands in the whole plan."""

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def plan_digest(plan: Plan) -> str:
    """Return a digest of what is measured and how: threads, and where plug-ins and data lie, are a machine's own."""
    blocks = tuple(block.with_cases(lambda case: replace(case, threads=None)) for block in plan.blocks)
    facts = replace(plan, blocks=blocks, plugins=(), data=None, shard=None)
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:HEX_DIGITS]


def divided(plan: Plan, number: int, of: int, cost: Callable[[Block], float]) -> Plan:
    """Return one part of a plan; all of them together are the plan, and each takes about as long as the others.

    Blocks are never divided: what is compared is measured on one machine. The longest are dealt out first, each to the
    part that has least (Graham 1969, "Bounds on multiprocessing timing anomalies"): no part takes more than 4/3 of what
    the best division would. Equal plans are divided equally, on whatever machine.

    Args:
        plan: the whole.
        number: of the part, from 1.
        of: how many parts there are; ones beyond the number of blocks are empty.
        cost: of a block, in any unit.

    """
    costs = [cost(block) for block in plan.blocks]
    loads = [0.0] * of
    mine: list[int] = []
    for place in sorted(range(len(costs)), key=lambda index: (-costs[index], index)):
        part = min(range(of), key=lambda index: (loads[index], index))
        loads[part] += costs[place]
        if part == number - 1:
            mine.append(place)
    places = tuple(sorted(mine))
    shard = Shard(number=number, of=of, plan=plan_digest(plan), places=places)
    return replace(plan, blocks=tuple(plan.blocks[place] for place in places), shard=shard)
