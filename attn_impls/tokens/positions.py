"""Positions of tokens in scores: a bias that grows with the distance or is learned, or rotated queries and keys."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..arguments import require_one_or_more

#: Of a learned bias at first.
TABLE_STD = 0.02
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


class RelativeBias(nn.Module):
    """A learned bias of each head for each distance of a key from its query, from -farthest to farthest: [H, Sq, Sk].

    Args:
        heads: H.
        farthest: what is farther gets the bias of this distance.

    Raises:
        ValueError: farthest is below 1.

    """

    def __init__(self, heads: int, farthest: int) -> None:
        super().__init__()
        require_one_or_more(relative=farthest)
        self._farthest = farthest
        self.table = nn.Parameter(torch.empty(heads, 2 * farthest + 1))
        nn.init.trunc_normal_(self.table, std=TABLE_STD)

    def forward(self, queries: int, keys: int) -> Tensor:
        """Return the bias of so many queries, the last of which is the last token, for so many keys."""
        device = self.table.device
        own = torch.arange(queries, device=device)[:, None] + (keys - queries)
        distance = (own - torch.arange(keys, device=device)).clamp(-self._farthest, self._farthest)
        return self.table[:, distance + self._farthest]


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
