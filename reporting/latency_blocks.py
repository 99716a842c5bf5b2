"""Which blocks of a run are timed for their own sake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Latency

if TYPE_CHECKING:
    from results.records import Block, Run


def call_blocks(run: Run) -> tuple[Block, ...]:
    """Return the blocks whose calls are timed for their own sake, not as steps of an epoch, in plan order."""
    return tuple(block for block in run.index.blocks_with(Latency) if not block.shared.input.is_step)
