"""Global context (Cao et al., arXiv:1904.11492)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..arguments import bottleneck_width, require_known
from ..normalizers import make_normalizer
from ..pointwise import Pointwise
from ..reductions import mean

if TYPE_CHECKING:
    from ..normalizers import NormalizerFactory

POOLINGS = ("att", "avg")
FUSIONS = ("channel_add", "channel_mul", "both")


class ContextTransform(nn.Module):
    """W2 ReLU(LN(W1 c)) of a context c: [B, C, 1, 1] -> same. W1 and W2 are 1 x 1 convolutions with biases."""

    reduce: Pointwise
    norm: nn.LayerNorm
    activation: nn.ReLU
    expand: Pointwise

    def add_layers(self, channels: int, width: int, *, zero_init: bool) -> None:
        """Make the layers, after those that a subclass has made."""
        self.reduce = Pointwise(channels, width)
        self.norm = nn.LayerNorm(width)
        self.activation = nn.ReLU(inplace=True)
        self.expand = Pointwise(width, channels)
        if zero_init:
            for parameter in self.expand.parameters():
                nn.init.zeros_(parameter)

    def transformed(self, context: Tensor) -> Tensor:
        """Return the term that is added, or the logits of the gates."""
        hidden = self.norm(self.reduce(context).flatten(1))
        return self.expand(self.activation(hidden)[..., None, None])


class GlobalContext(ContextTransform):
    """GC block of GCNet, arXiv:1904.11492, eq. 5: x + W2 ReLU(LN(W1 c)), c = sum_j a_j x_j. [B, C, H, W] -> same.

    x_j is the column of C values at one of the H W positions, and a = normaliser(Wk x) over all positions. The three
    W are 1 x 1 convolutions with biases. That of Wk changes nothing under a softmax, which ignores a shift, but it
    counts among the parameters. W2 is 0 at initialisation, as in the official code (xvjiarui/GCNet): the block passes x
    on unchanged then, and the other weights have no gradient until W2 has moved.

    The official code's other forms: ``pooling=avg`` has c = mean(x), without Wk. ``fusion=channel_mul`` multiplies,
    x * sigmoid(W2 ReLU(LN(W1 c))), and halves x at initialisation. ``fusion=both`` multiplies, then adds, with weights
    of their own for each.

    Args:
        channels: C.
        reduction: C over the width between W1 and W2, which is rounded down, but never below 1. The official
            configurations have 16 and 4.
        normalizer: name, or factory, of the normaliser over the positions; not used by average pooling.
        zero_init: every W2 and its bias are 0 at initialisation.
        pooling: ``att`` or ``avg``.
        fusion: ``channel_add``, ``channel_mul`` or ``both``.

    Raises:
        ValueError: the reduction is below 1, or the normaliser, the pooling or the fusion is unknown.

    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 16,
        normalizer: str | NormalizerFactory = nn.Softmax,
        zero_init: bool = True,
        pooling: str = "att",
        fusion: str = "channel_add",
    ) -> None:
        super().__init__()
        width = bottleneck_width(channels, reduction)
        require_known("pooling", pooling, POOLINGS)
        require_known("fusion", fusion, FUSIONS)
        self.pooling = pooling
        self.fusion = fusion
        if pooling == "att":
            self.logits = Logits(channels)
            self.normalizer = make_normalizer(normalizer, 1)
        self.add_layers(channels, width, zero_init=zero_init)
        if fusion == "both":
            self.scale = ContextTransform()
            self.scale.add_layers(channels, width, zero_init=zero_init)

    def forward(self, x: Tensor) -> Tensor:
        context = self._context(x)
        match self.fusion:
            case "channel_add":
                return x + self.transformed(context)
            case "channel_mul":
                return x * torch.sigmoid(self.transformed(context))
            case _:
                return x * torch.sigmoid(self.scale.transformed(context)) + self.transformed(context)

    def _context(self, x: Tensor) -> Tensor:
        """Return c, [B, C, 1, 1]."""
        if self.pooling == "avg":
            return mean(x, 2, 3)
        weights = self.normalizer(self.logits(x).flatten(1))
        return weighted_sum(x.flatten(2), weights)[..., None]

    def extra_repr(self) -> str:
        return f"pooling={self.pooling}, fusion={self.fusion}"


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
