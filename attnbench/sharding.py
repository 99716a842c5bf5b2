"""The part of a plan that one of several machines measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.errors import UsageError
from reporting.describe import plural
from results.shards import divided

from .progress.forecast import Forecast

if TYPE_CHECKING:
    from results.records import Block, Plan


def part_of(plan: Plan, shard: str | None) -> Plan:
    """Return the part of a plan that is to be measured.

    Args:
        plan: the whole.
        shard: which, such as ``3/16``; None: all of it.

    Raises:
        UsageError: there are more parts than blocks, so that this one is empty.

    """
    if shard is None:
        return plan
    number, of = map(int, shard.split("/"))
    if number > len(plan.blocks):
        msg = f"--shard {shard}: the plan has {plural(len(plan.blocks), 'block')}, and no more parts than these"
        raise UsageError(msg)
    forecast = Forecast(plan)

    def cost(block: Block) -> float:
        # A machine's threads must not change who measures what.
        return sum(forecast.of_case(replace(case, threads=None)).seconds for case in block.cases)

    return divided(plan, number, of, cost)
