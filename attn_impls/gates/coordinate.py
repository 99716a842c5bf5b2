"""Coordinate attention (Hou et al., arXiv:2103.02907)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..arguments import bottleneck_width
from ..gating import gated
from ..reductions import mean

#: The bottleneck is never narrower.
MINIMUM_WIDTH = 8


class Coordinate(nn.Module):
    """Coordinate attention, arXiv:2103.02907, eq. 4-9: x * g_height * g_width. [B, C, H, W] -> same.

    The means along the rows, [B, C, H, 1], and along the columns, [B, C, 1, W], stand in one strip of H + W positions:
    ``1 x 1 - BN - h-swish`` to max(8, C / reduction) channels; split again, each half through a 1 x 1 of its own and a
    sigmoid. All three 1 x 1 have biases, the first one before its BN too, as in the official code
    (houqb/CoordAttention), whose defaults these are. The strip has at least two positions, so that even one sample of
    one position can be trained.

    Args:
        channels: C.
        reduction: C over the width of the bottleneck, which is rounded down, but never below 8.

    Raises:
        ValueError: the reduction is below 1.

    """

    def __init__(self, channels: int, *, reduction: int = 32) -> None:
        super().__init__()
        width = bottleneck_width(channels, reduction, least=MINIMUM_WIDTH)
        self.reduce = nn.Conv2d(channels, width, 1)
        self.norm = nn.BatchNorm2d(width)
        self.activation = nn.Hardswish()
        self.expand_height = nn.Conv2d(width, channels, 1)
        self.expand_width = nn.Conv2d(width, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        strip = torch.cat((mean(x, 3), mean(x, 2).transpose(2, 3)), 2)
        hidden = self.activation(self.norm(self.reduce(strip)))
        of_height, of_width = hidden.split(x.shape[2:], 2)
        by_height = torch.sigmoid(self.expand_height(of_height))
        by_width = torch.sigmoid(self.expand_width(of_width.transpose(2, 3)))
        # The gates first: their product broadcasts once, where x * g_height * g_width would do so twice.
        return gated(x, by_height * by_width)
