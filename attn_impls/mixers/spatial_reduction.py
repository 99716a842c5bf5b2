"""Attention to a grid of fewer, larger tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..arguments import require_one_or_more
from .heads import joined, make_attention, require_tokens, require_width, split

if TYPE_CHECKING:
    from .heads import AttentionFactory

#: To such a grid PVT and Twins reduce theirs in each stage, of images of 224 pixels.
REDUCED_TO = 7


class SpatialReduction(nn.Module):
    """SRA of PVT, GSA of Twins: keys and values are of a grid reduced by a convolution (2102.12122, 2104.13840).

    Tokens [B, h x w, dim] of a grid -> the same shape.

    Args:
        dim: C.
        heads: how many.
        height: of the grid.
        width: of the grid.
        ratio: by how much each side is reduced; 1: not at all; 0: so that the shorter side has 7 tokens, as in PVT.
        pool: instead of the convolution: the grid is pooled to so many tokens a side, as in PVTv2's linear form
            (arXiv:2106.13797); 0: it is not.
        attention: name, or factory, of the attention between q, k and v.

    Raises:
        ValueError: the grid is smaller than the ratio.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        height: int,
        width: int,
        ratio: int = 0,
        pool: int = 0,
        attention: str | AttentionFactory = "sdpa",
    ) -> None:
        super().__init__()
        self._dim, self._head_dim = dim, require_width(dim, heads)
        require_one_or_more(height=height, width=width)
        self._grid, shorter = (height, width), min(height, width)
        ratio = ratio or max(1, shorter // REDUCED_TO)
        if not 1 <= ratio <= shorter or pool < 0:
            msg = f"a grid of {height} x {width} cannot be reduced by {ratio}; choose 1 to {shorter}, and a pool from 0"
            raise ValueError(msg)
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        self.attention = make_attention(attention, heads, self._head_dim, kv_heads=heads)
        self.reduce = nn.Sequential()
        self.norm: nn.Module = nn.Identity()
        if pool:
            self.reduce = nn.Sequential(nn.AdaptiveAvgPool2d(pool), nn.Conv2d(dim, dim, 1))
            self.norm = nn.Sequential(nn.LayerNorm(dim), nn.GELU())
        elif ratio > 1:
            self.reduce = nn.Sequential(nn.Conv2d(dim, dim, ratio, stride=ratio))
            self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        require_tokens(x, self._dim, self._grid[0] * self._grid[1])
        fewer = x
        if len(self.reduce):
            fewer = self.norm(self.reduce(x.mT.unflatten(2, self._grid)).flatten(2).mT)
        k, v = split(self.kv(fewer), self._head_dim).chunk(2, 1)
        output: Tensor = self.proj(joined(self.attention(split(self.q(x), self._head_dim), k, v)))
        return output
