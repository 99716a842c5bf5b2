"""Gates of the positions of a plane, from two poolings: in CBAM of the map, in triplet attention of three planes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .arguments import require_odd
from .reductions import maximum, mean

#: Of the official codes' BN, in place of torch's 0.1.
MOMENTUM = 0.01


def pool(x: Tensor, dim: int) -> Tensor:
    """Maximum, then mean, over one dimension, which is of size 2 afterwards."""
    return torch.cat((maximum(x, dim), mean(x, dim)), dim)


class PlaneGate(nn.Module):
    """Two poolings of a plane, [B, 2, M, N] -> gates [B, 1, M, N]: sigmoid(BN(convolution without bias)).

    Args:
        kernel_size: of the convolution; odd.

    Raises:
        ValueError: it is not.

    """

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        require_odd(kernel_size=kernel_size)
        self.convolution = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=MOMENTUM)

    def forward(self, pooled: Tensor) -> Tensor:
        return torch.sigmoid(self.norm(self.convolution(pooled)))
