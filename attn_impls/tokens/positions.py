"""Positions of tokens in scores: a bias that grows with the distance (ALiBi), or rotated queries and keys (RoPE)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

#: Of RoPE's angles: the wavelengths are 2 pi times powers of it.
BASE = 10_000.0


def alibi_slopes(heads: int) -> list[float]:
    """Return the slope of each head: 2^(-8 i / H) for H a power of two; else those of the next ones (2108.12409)."""
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (index + 1) / power) for index in range(power)]
    between = [2 ** (-8 * (index + 1) / (2 * power)) for index in range(0, 2 * (heads - power), 2)]
    return slopes + between


def alibi_bias(heads: int, queries: int, keys: int, like: Tensor) -> Tensor:
    """Return minus the slope of each head times the distance of each query and key: [H, Sq, Sk]."""
    distance = torch.arange(queries, device=like.device)[:, None] + (keys - queries)
    distance = (distance - torch.arange(keys, device=like.device)).abs()
    slopes = torch.tensor(alibi_slopes(heads), dtype=like.dtype, device=like.device)
    return -slopes[:, None, None] * distance.to(like.dtype)


def rotated(x: Tensor, first: int) -> Tensor:
    """Return queries or keys [..., S, D] with each pair (i, i + D / 2) rotated by its position (arXiv:2104.09864).

    Args:
        x: of an even width.
        first: position of the first token.

    """
    half = x.shape[-1] // 2
    # Angles of far positions need the digits of float64, whatever the numbers have.
    positions = torch.arange(first, first + x.shape[-2], dtype=torch.float64, device=x.device)
    rates = BASE ** (-torch.arange(half, dtype=torch.float64, device=x.device) / half)
    angles = positions[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    one, other = x[..., :half], x[..., half:]
    return torch.cat((one * cos - other * sin, one * sin + other * cos), -1)


def require_even(width: int) -> None:
    """Refuse a width whose numbers cannot be rotated in pairs (ValueError)."""
    if width % 2:
        msg = f"rope rotates pairs of numbers, and a head has {width}; choose an even width"
        raise ValueError(msg)
