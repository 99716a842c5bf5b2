"""Single attention layers of a published table: 14 x 14 tokens of 768 numbers, 12 heads, each with its projections.

They are for counting: written as their papers describe them, with the authors' defaults as far as the table's figures
show them, and called on one image's tokens [1, 196, 768].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

SIDE, WIDTH, HEADS = 14, 768, 12
TOKENS = SIDE * SIDE
HEAD_DIM = WIDTH // HEADS


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Return softmax(QK') V, [..., N, D] by [..., M, D] -> [..., N, D]; products that a counter sees."""
    return torch.softmax(queries @ keys.transpose(-2, -1) * queries.shape[-1] ** -0.5, dim=-1) @ values


def split_heads(tokens: Tensor, heads: int) -> Tensor:
    """Return [B, N, C] as [B, heads, N, C / heads]."""
    return tokens.unflatten(-1, (heads, -1)).transpose(1, 2)


def join_heads(heads: Tensor) -> Tensor:
    """Return [B, heads, N, D] as [B, N, heads D]."""
    return heads.transpose(1, 2).flatten(-2)


def windows(tokens: Tensor, height: int, width: int) -> Tensor:
    """Return [B, 196, C] as windows [B windows, height width, C]."""
    rows, columns = SIDE // height, SIDE // width
    grid = tokens.unflatten(1, (rows, height, columns, width))
    return grid.transpose(2, 3).flatten(0, 2).flatten(1, 2)


def as_map(tokens: Tensor) -> Tensor:
    """Return [B, 196, C] as a map [B, C, 14, 14]."""
    return tokens.transpose(1, 2).unflatten(-1, (SIDE, SIDE))


def as_tokens(feature_map: Tensor) -> Tensor:
    """Return [B, C, H, W] as [B, H W, C]."""
    return feature_map.flatten(2).transpose(1, 2)


class Projected(nn.Module):
    """One projection to queries, keys and values, and one of the result: what these layers share."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, 196, 768] to the same shape."""
        queries, keys, values = (split_heads(each, HEADS) for each in self.qkv(tokens).chunk(3, dim=-1))
        return self.project(join_heads(self.mix(queries, keys, values)))

    def mix(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Mix the values [B, heads, N, D]: multi-head self-attention, arXiv:1706.03762."""
        return attend(queries, keys, values)


class Window(Projected):
    """Attention within windows of 7 x 7, arXiv:2103.14030.

    Args:
        shift: by how many places the windows are moved in each direction; masks have no products.

    """

    SIDE = 7

    def __init__(self, shift: int = 0) -> None:
        super().__init__()
        self.shift = shift
        self.bias = nn.Parameter(torch.zeros((2 * self.SIDE - 1) ** 2, HEADS))

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, 196, 768] to the same shape."""
        shifted = torch.roll(tokens.unflatten(1, (SIDE, SIDE)), (-self.shift, -self.shift), (1, 2)).flatten(1, 2)
        mixed = super().forward(windows(shifted, self.SIDE, self.SIDE))
        blocks = SIDE // self.SIDE
        grid = mixed.unflatten(0, (-1, blocks, blocks)).unflatten(3, (self.SIDE, self.SIDE)).transpose(2, 3)
        return torch.roll(grid.flatten(1, 2).flatten(2, 3), (self.shift, self.shift), (1, 2)).flatten(1, 2)


class CrossShapedWindow(Projected):
    """Stripes of 7 rows for half of the heads and of 7 columns for the others, arXiv:2107.00652."""

    STRIPE = 7

    def __init__(self) -> None:
        super().__init__()
        half = WIDTH // 2
        self.encode = nn.ModuleList(nn.Conv2d(half, half, 3, padding=1, groups=half) for _ in range(2))

    def mix(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Mix the values in stripes, and add a depthwise 3x3 of the values in each of them."""
        halves = [each.chunk(2, dim=1) for each in (queries, keys, values)]
        shapes = ((self.STRIPE, SIDE), (SIDE, self.STRIPE))
        mixed = [
            self._stripes(*(half[index] for half in halves), shape=shapes[index], encode=self.encode[index])
            for index in range(2)
        ]
        return torch.cat(mixed, dim=1)

    @staticmethod
    def _stripes(queries: Tensor, keys: Tensor, values: Tensor, *, shape: tuple[int, int], encode: nn.Module) -> Tensor:
        parts = [split_heads(windows(join_heads(each), *shape), HEADS // 2) for each in (queries, keys, values)]
        in_stripes = windows(join_heads(values), *shape).transpose(1, 2).unflatten(-1, shape)
        mixed = join_heads(attend(parts[0], parts[1], parts[2])) + as_tokens(encode(in_stripes))
        rows, columns = SIDE // shape[0], SIDE // shape[1]
        grid = mixed.unflatten(0, (-1, rows, columns)).unflatten(3, shape).transpose(2, 3)
        return split_heads(grid.flatten(1, 4), HEADS // 2)


class CrossCovariance(Projected):
    """Attention between channels, d x d a head, arXiv:2106.09681."""

    def __init__(self) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(HEADS, 1, 1))

    def mix(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Mix the channels of the values."""
        of_channels = [each.transpose(-2, -1) for each in (queries, keys, values)]
        normed = [functional.normalize(each, dim=-1) for each in of_channels[:2]]
        weights = torch.softmax(normed[0] @ normed[1].transpose(-2, -1) * self.temperature, dim=-1)
        return (weights @ of_channels[2]).transpose(-2, -1)


class Linformer(Projected):
    """Keys and values projected to 256 of them, arXiv:2006.04768."""

    PROJECTED = 256

    def __init__(self) -> None:
        super().__init__()
        self.of_keys, self.of_values = (nn.Linear(TOKENS, self.PROJECTED, bias=False) for _ in range(2))

    def mix(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Mix 256 projected values."""
        shorter = [
            projection(each.transpose(-2, -1)).transpose(-2, -1)
            for projection, each in ((self.of_keys, keys), (self.of_values, values))
        ]
        return attend(queries, shorter[0], shorter[1])


class SpatialReduction(nn.Module):
    """Keys and values from a map of half the side, arXiv:2102.12122."""

    RATIO = 2

    def __init__(self) -> None:
        super().__init__()
        self.queries, self.kv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.reduce = nn.Conv2d(WIDTH, WIDTH, self.RATIO, stride=self.RATIO)
        self.norm = nn.LayerNorm(WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, 196, 768] to the same shape."""
        reduced = self.norm(as_tokens(self.reduce(as_map(tokens))))
        keys, values = (split_heads(each, HEADS) for each in self.kv(reduced).chunk(2, dim=-1))
        return self.project(join_heads(attend(split_heads(self.queries(tokens), HEADS), keys, values)))


class HiLo(nn.Module):
    """Ten heads attend to averages of 2 x 2 tokens, two within windows of 2 x 2, arXiv:2205.13213."""

    WINDOW, LOW_HEADS = 2, 10

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high = self.LOW_HEADS * HEAD_DIM, (HEADS - self.LOW_HEADS) * HEAD_DIM
        self.low_queries, self.low_kv = nn.Linear(WIDTH, self.low), nn.Linear(WIDTH, 2 * self.low)
        self.low_project = nn.Linear(self.low, self.low)
        self.high_qkv, self.high_project = nn.Linear(WIDTH, 3 * self.high), nn.Linear(self.high, self.high)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, 196, 768] to the same shape."""
        return torch.cat((self._high(tokens), self._low(tokens)), dim=-1)

    def _low(self, tokens: Tensor) -> Tensor:
        pooled = as_tokens(functional.avg_pool2d(as_map(tokens), self.WINDOW))
        keys, values = (split_heads(each, self.LOW_HEADS) for each in self.low_kv(pooled).chunk(2, dim=-1))
        queries = split_heads(self.low_queries(tokens), self.LOW_HEADS)
        return self.low_project(join_heads(attend(queries, keys, values)))

    def _high(self, tokens: Tensor) -> Tensor:
        heads = HEADS - self.LOW_HEADS
        qkv = self.high_qkv(windows(tokens, self.WINDOW, self.WINDOW)).chunk(3, dim=-1)
        queries, keys, values = (split_heads(each, heads) for each in qkv)
        mixed = join_heads(attend(queries, keys, values))
        blocks = SIDE // self.WINDOW
        grid = mixed.unflatten(0, (-1, blocks, blocks)).unflatten(3, (self.WINDOW, self.WINDOW)).transpose(2, 3)
        return self.high_project(grid.flatten(1, 4))


class LargeKernel(nn.Module):
    """VAN's gate: 5x5 and dilated 7x7 depthwise, then 1x1, between two 1x1, arXiv:2202.09741."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.Conv2d(WIDTH, WIDTH, 1), nn.Conv2d(WIDTH, WIDTH, 1)
        self.near = nn.Conv2d(WIDTH, WIDTH, 5, padding=2, groups=WIDTH)
        self.far = nn.Conv2d(WIDTH, WIDTH, 7, padding=9, dilation=3, groups=WIDTH)
        self.mix = nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, 196, 768] to the same shape."""
        hidden = functional.gelu(self.before(as_map(tokens)))
        return as_tokens(self.after(hidden * self.mix(self.far(self.near(hidden))))) + tokens


class RecursiveGate(nn.Module):
    """HorNet's gated convolution of order 4, arXiv:2207.14284."""

    ORDER = 4

    def __init__(self) -> None:
        super().__init__()
        self.widths = [WIDTH // 2**power for power in reversed(range(self.ORDER))]
        self.before, self.after = nn.Conv2d(WIDTH, 2 * WIDTH, 1), nn.Conv2d(WIDTH, WIDTH, 1)
        self.depthwise = nn.Conv2d(sum(self.widths), sum(self.widths), 7, padding=3, groups=sum(self.widths))
        self.wider = nn.ModuleList(
            nn.Conv2d(narrow, wide, 1) for narrow, wide in zip(self.widths, self.widths[1:], strict=False)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, 196, 768] to the same shape."""
        first, others = self.before(as_map(tokens)).split((self.widths[0], sum(self.widths)), dim=1)
        gates = self.depthwise(others).split(self.widths, dim=1)
        hidden = first * gates[0]
        for wider, gate in zip(self.wider, gates[1:], strict=True):
            hidden = wider(hidden) * gate
        return as_tokens(self.after(hidden))


def shifted_window() -> nn.Module:
    """Return attention within windows that are moved by 3."""
    return Window(shift=3)


#: By the name of a published row's network, behind ``layer:``.
LAYERS: dict[str, Callable[[], nn.Module]] = {
    "msa": Projected,
    "window": Window,
    "shifted_window": shifted_window,
    "cross_window": CrossShapedWindow,
    "xca": CrossCovariance,
    "linformer": Linformer,
    "sra": SpatialReduction,
    "hilo": HiLo,
    "van": LargeKernel,
    "hornet": RecursiveGate,
}
