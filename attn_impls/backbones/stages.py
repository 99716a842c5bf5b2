"""Stages of networks whose papers do not number them, and what stands at the end of a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from torch import nn

    from ..host import Placement
    from ..site import Site


def stages_of(strides: Iterable[int]) -> Iterator[str]:
    """Name the stage of each block by its stride: stage 1 until the first stride, one more from each stride on."""
    stage = 1
    for stride in strides:
        stage += stride > 1
        yield str(stage)


def with_stage_outputs(blocks: Sequence[tuple[nn.Module, Site]], placement: Placement) -> list[nn.Module]:
    """Return the blocks, with what goes to ``stage_output`` after the last one of each stage.

    Args:
        blocks: each with the site of its output.
        placement: what goes into which slot.

    """
    placed: list[nn.Module] = []
    following = [site.stage for _, site in blocks[1:]]
    for (block, site), next_stage in zip(blocks, [*following, None], strict=True):
        placed.append(block)
        gate = placement.at("stage_output", site) if site.stage != next_stage else None
        if gate is not None:
            placed.append(gate)
    return placed
