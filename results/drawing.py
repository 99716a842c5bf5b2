"""Seeded numbers that a call works on."""

from __future__ import annotations

import math

import torch

#: Inputs are the same in every process and on every machine of one torch version.
SEED = 0
#: Drawing takes the CPU 12 ns a number: minutes, for what a GPU computes on in milliseconds.
MOST_DRAWN = 2**22


def normal(
    shape: tuple[int, ...], dtype: str, device: str, *, channels_last: bool = False, seed: int = SEED
) -> torch.Tensor:
    """Return standard normal numbers; drawn on the CPU, so that they are the same everywhere.

    They begin again after ``MOST_DRAWN``.
    """
    count = math.prod(shape)
    drawn = torch.randn(min(count, MOST_DRAWN), generator=torch.Generator().manual_seed(seed))
    drawn = drawn.to(device=device, dtype=getattr(torch, dtype))
    if count > MOST_DRAWN:
        drawn = drawn.repeat(-(-count // MOST_DRAWN))[:count]
    drawn = drawn.view(shape)
    return drawn.contiguous(memory_format=torch.channels_last) if channels_last else drawn
