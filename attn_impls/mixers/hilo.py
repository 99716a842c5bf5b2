"""Some heads for what is near, the others for what is everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ..arguments import require_one_or_more
from .grid import from_windows, padded, windows
from .heads import joined, make_attention, require_tokens, require_width, split

if TYPE_CHECKING:
    from .heads import AttentionFactory


class HiLo(nn.Module):
    """HiLo of LITv2: high heads see their small window, low heads the mean of each window (arXiv:2205.13213).

    Tokens [B, h x w, dim] of a grid -> the same shape, the high heads' channels first. A grid that windows do not
    tile is padded with zeros, which take part as tokens do.

    Args:
        dim: C.
        heads: of both kinds.
        height: of the grid.
        width: of the grid.
        window_size: height and width of a window.
        low_share: of the heads that are low, rounded down; both kinds have one at least.
        attention: name, or factory, of the attention between q, k and v.

    Raises:
        ValueError: there is one head, or the share leaves one kind without any.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        height: int,
        width: int,
        window_size: int = 2,
        low_share: float = 0.9,
        attention: str | AttentionFactory = "sdpa",
    ) -> None:
        super().__init__()
        self._dim, self._head_dim = dim, require_width(dim, heads)
        require_one_or_more(height=height, width=width, window_size=window_size)
        low = int(low_share * heads)
        if not 0 < low < heads:
            msg = f"{low_share:g} of {heads} heads are {low}; choose a share that leaves both kinds a head or more"
            raise ValueError(msg)
        self._grid, self._size = (height, width), window_size
        of_low, of_high = low * self._head_dim, (heads - low) * self._head_dim
        self.low_q, self.low_kv = nn.Linear(dim, of_low), nn.Linear(dim, 2 * of_low)
        self.low_proj = nn.Linear(of_low, of_low)
        self.high_qkv, self.high_proj = nn.Linear(dim, 3 * of_high), nn.Linear(of_high, of_high)
        self.low = make_attention(attention, low, self._head_dim, kv_heads=low)
        self.high = make_attention(attention, heads - low, self._head_dim, kv_heads=heads - low)

    def forward(self, x: Tensor) -> Tensor:
        height, width = self._grid
        require_tokens(x, self._dim, height * width)
        grid = padded(x.unflatten(1, self._grid), self._size)
        high = self._near(grid)[:, :height, :width].flatten(1, 2)
        return torch.cat((high, self._everywhere(x, grid)), -1)

    def _near(self, grid: Tensor) -> Tensor:
        parts = windows(grid, self._size)
        q, k, v = split(self.high_qkv(parts.flatten(0, 1)), self._head_dim).chunk(3, 1)
        mixed = self.high_proj(joined(self.high(q, k, v))).unflatten(0, parts.shape[:2])
        return from_windows(mixed, self._size, *grid.shape[1:3])

    def _everywhere(self, x: Tensor, grid: Tensor) -> Tensor:
        means = avg_pool2d(grid.permute(0, 3, 1, 2), self._size).flatten(2).mT
        k, v = split(self.low_kv(means), self._head_dim).chunk(2, 1)
        output: Tensor = self.low_proj(joined(self.low(split(self.low_q(x), self._head_dim), k, v)))
        return output
