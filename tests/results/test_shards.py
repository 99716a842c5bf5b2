"""Promises of a plan that is divided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import Images
from results.shards import divided, plan_digest

from .conftest import make_case, make_run

if TYPE_CHECKING:
    from results.records import Block, Plan

BATCHES = (1, 2, 4, 8, 16, 32, 64)


def plan_of(*, threads: int = 2) -> Plan:
    """Return a plan of seven blocks, each of two cases."""
    cases = [
        make_case(
            implementation=name,
            threads=threads,
            input=Images(batch=batch, channels=3, height=32, width=32, num_classes=100),
        )
        for batch in BATCHES
        for name in ("se", "eca")
    ]
    return make_run(*cases).plan


def cost(block: Block) -> float:
    return block.shared.input.batch


def test_parts_are_the_plan_and_no_block_is_divided() -> None:
    """Every block is in one part, with all of its cases, and the parts know where."""
    whole = plan_of()
    parts = [divided(whole, number, 3, cost) for number in (1, 2, 3)]
    placed = [
        (place, block)
        for part in parts
        if part.shard is not None
        for place, block in zip(part.shard.places, part.blocks, strict=True)
    ]
    assert [block for _, block in sorted(placed, key=lambda each: each[0])] == list(whole.blocks)
    assert [str(part.shard) for part in parts] == ["1/3", "2/3", "3/3"]


def test_parts_take_about_as_long_as_each_other() -> None:
    """64 stands alone; 32 and 16 and the rest share the others."""
    loads = [sum(map(cost, divided(plan_of(), number, 3, cost).blocks)) for number in (1, 2, 3)]
    assert loads == [64, 32, 31]


def test_a_machines_threads_and_folders_change_no_part() -> None:
    """Whoever plans the same measures the part that the others expect; another budget is another plan."""
    here, there = plan_of(), replace(plan_of(threads=16), plugins=("/home/me/mine.py",), data="/data")
    assert plan_digest(here) == plan_digest(there) != plan_digest(replace(here, budget_s=1.0))
    mine, yours = (divided(plan, 2, 3, cost) for plan in (here, there))
    assert mine.shard == yours.shard


def test_more_parts_than_blocks_are_empty() -> None:
    """The eighth of eight parts of seven blocks has none."""
    assert divided(plan_of(), 8, 8, cost).blocks == ()
