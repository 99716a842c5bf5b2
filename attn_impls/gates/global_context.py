"""Global context (Cao et al., arXiv:1904.11492)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..arguments import bottleneck_width
from ..normalizers import make_normalizer
from ..pointwise import Pointwise

if TYPE_CHECKING:
    from ..normalizers import NormalizerFactory


class GlobalContext(nn.Module):
    """GC block of GCNet, arXiv:1904.11492, eq. 5: x + W2 ReLU(LN(W1 c)), c = sum_j a_j x_j. [B, C, H, W] -> same.

    x_j is the column of C values at one of the H W positions, and a = normaliser(Wk x) over all positions. The three
    W are 1 x 1 convolutions with biases. That of Wk changes nothing under a softmax, which ignores a shift, but it
    counts among the parameters. W2 is 0 at initialisation, as in the official code (xvjiarui/GCNet): the block passes x
    on unchanged then, and the other weights have no gradient until W2 has moved.

    Args:
        channels: C.
        reduction: C over the width between W1 and W2, which is rounded down, but never below 1. The official
            configurations have 16 and 4.
        normalizer: name, or factory, of the normaliser over the positions.
        zero_init: W2 and its bias are 0 at initialisation.

    Raises:
        ValueError: the reduction is below 1, or the normaliser is unknown.

    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 16,
        normalizer: str | NormalizerFactory = nn.Softmax,
        zero_init: bool = True,
    ) -> None:
        super().__init__()
        width = bottleneck_width(channels, reduction)
        self.logits = Logits(channels)
        self.normalizer = make_normalizer(normalizer, 1)
        self.reduce = Pointwise(channels, width)
        self.norm = nn.LayerNorm(width)
        self.activation = nn.ReLU(inplace=True)
        self.expand = Pointwise(width, channels)
        if zero_init:
            for parameter in self.expand.parameters():
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.normalizer(self.logits(x).flatten(1))
        context = weighted_sum(x.flatten(2), weights)
        hidden = self.norm(self.reduce(context[..., None]).flatten(1))
        return x + self.expand(self.activation(hidden)[..., None, None])


class Logits(nn.Conv2d):
    """1 x 1 convolution to one logit a position, [B, C, H, W] -> [B, 1, H, W], computed as a product of matrices.

    Weights, names and values are those of ``nn.Conv2d(channels, 1, 1)``, which takes longer for a single channel.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, 1, 1)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the base class names it so
        rows = self.weight.view(1, 1, -1).expand(len(input), -1, -1)
        # Not torch.matmul, which would copy the map to make one large product of it.
        logits = torch.bmm(rows, input.flatten(2)).unflatten(2, input.shape[2:])
        return logits if self.bias is None else logits + self.bias


def weighted_sum(x: Tensor, weights: Tensor) -> Tensor:
    """Sum the positions of [B, C, N], weighted by [B, N] -> [B, C, 1]."""
    if len(x) == 1:
        return torch.bmm(x, weights[..., None])
    # A batch of products with a single column takes several times as long as one with a single row.
    return torch.bmm(weights[:, None], x.transpose(1, 2)).transpose(1, 2)
