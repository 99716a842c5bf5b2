"""Attention within the windows of a grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..arguments import require_one_or_more
from ..normalizers import make_normalizer
from .grid import from_windows, padded, windows
from .heads import joined, require_tokens, require_width, split
from .multi_head import MultiHead

if TYPE_CHECKING:
    from ..normalizers import NormalizerFactory
    from .heads import AttentionFactory

#: Of the bias at first, as in Swin's code.
BIAS_STD = 0.02


class WindowAttention(nn.Module):
    """Swin's attention in windows, with a bias for each relative position (arXiv:2103.14030).

    Tokens [B, h x w, dim] of a grid -> the same shape. A grid that windows do not tile is padded with zeros, which
    take part as tokens do. Shifted windows are those of a grid rolled by half of a window; tokens of different sides
    of its border do not see each other. A window that covers a side of the grid is not shifted along it.

    Args:
        dim: C.
        heads: how many.
        height: of the grid.
        width: of the grid.
        window_size: height and width of a window.
        shifted: whether windows are shifted, as in every other block of Swin.
        normalizer: name, or factory, of what makes weights of the scores.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        height: int,
        width: int,
        window_size: int = 7,
        shifted: bool = False,
        normalizer: str | NormalizerFactory = "softmax",
    ) -> None:
        super().__init__()
        require_one_or_more(height=height, width=width, window_size=window_size)
        self._dim, self._head_dim = dim, require_width(dim, heads)
        self._grid, self._size = (height, width), window_size
        self._shift = tuple(window_size // 2 if shifted and window_size < side else 0 for side in self._grid)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.bias = nn.Parameter(torch.empty((2 * window_size - 1) ** 2, heads))
        nn.init.trunc_normal_(self.bias, std=BIAS_STD)
        self.normalizer = make_normalizer(normalizer, -1)
        self.index: Tensor
        self.register_buffer("index", relative_index(window_size), persistent=False)
        self.apart: Tensor | None
        apart = borders(self._grid, window_size, self._shift) if any(self._shift) else None
        self.register_buffer("apart", apart, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = self._grid
        require_tokens(x, self._dim, height * width)
        grid = padded(x.unflatten(1, self._grid), self._size)
        if self.apart is not None:
            grid = grid.roll((-self._shift[0], -self._shift[1]), (1, 2))
        # [B, windows, heads, tokens of a window, D].
        q, k, v = split(self.qkv(windows(grid, self._size)), self._head_dim).chunk(3, 2)
        scores = torch.matmul(q * (1 / math.sqrt(self._head_dim)), k.transpose(-2, -1))
        scores = scores + self.bias[self.index].permute(2, 0, 1)
        if self.apart is not None:
            scores = scores.masked_fill(self.apart[:, None], -math.inf)
        mixed = self.proj(joined(torch.matmul(self.normalizer(scores), v)))
        grid = from_windows(mixed, self._size, *grid.shape[1:3])
        if self.apart is not None:
            grid = grid.roll(self._shift, (1, 2))
        return grid[:, :height, :width].flatten(1, 2)


def relative_index(size: int) -> Tensor:
    """Return for each two tokens of a window the number of their relative position, [size x size, size x size]."""
    row, column = torch.arange(size).repeat_interleave(size), torch.arange(size).repeat(size)
    down, right = (each[:, None] - each + size - 1 for each in (row, column))
    return down * (2 * size - 1) + right


def borders(grid: tuple[int, int], size: int, shift: tuple[int, ...]) -> Tensor:
    """Return which two tokens of a window of the rolled grid lie on different sides of a border: [windows, n, n]."""
    sides = []
    for length, by in zip(grid, shift, strict=True):
        whole = length + -length % size
        side = torch.zeros(whole, dtype=torch.long)
        if by:
            side[whole - size :] = 1
            side[whole - by :] = 2
        sides.append(side)
    down, right = sides
    # Three sides along each direction.
    region = windows((3 * down[:, None] + right)[None, :, :, None], size)[0, :, :, 0]
    return region[:, :, None] != region[:, None]


class LocallyGrouped(MultiHead):
    """LSA of Twins: multi-head attention within windows, without a bias of positions (arXiv:2104.13840).

    Tokens [B, h x w, dim] of a grid -> the same shape. A grid that windows do not tile is padded with zeros, which
    take part as tokens do.

    Args:
        dim: C.
        heads: how many.
        height: of the grid.
        width: of the grid.
        window_size: height and width of a window.
        attention: as of MultiHead.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        height: int,
        width: int,
        window_size: int = 7,
        attention: str | AttentionFactory = "sdpa",
    ) -> None:
        super().__init__(dim, heads=heads, attention=attention)
        require_one_or_more(height=height, width=width, window_size=window_size)
        self._grid, self._size = (height, width), window_size

    def forward(self, x: Tensor) -> Tensor:
        height, width = self._grid
        require_tokens(x, self._dim, height * width)
        grid = padded(x.unflatten(1, self._grid), self._size)
        # Each window is a sequence of its own.
        mixed = super().forward(windows(grid, self._size).flatten(0, 1)).unflatten(0, (x.shape[0], -1))
        return from_windows(mixed, self._size, *grid.shape[1:3])[:, :height, :width].flatten(1, 2)
