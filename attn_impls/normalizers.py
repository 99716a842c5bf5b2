"""Normalisers: logits -> weights that sum to 1 along one dimension, spelled out so that they can be read.

Each class takes ``dim`` and maps logits of any floating-point shape to weights of that shape. SoftmaxOne's sum to less
than 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .along_dim import AlongDim
from .arguments import require_known
from .spec import Family
from .tables import SPECS

if TYPE_CHECKING:
    from collections.abc import Callable

    NormalizerFactory = Callable[[int], nn.Module]


class NaiveSoftmax(AlongDim):
    """exp(x) / sum(exp(x)). Overflows to NaN from x = 11.094 in float16 and x = 88.73 in float32."""

    def forward(self, logits: Tensor) -> Tensor:
        exponentials = torch.exp(logits)
        return exponentials / exponentials.sum(self.dim, keepdim=True)


class StableSoftmax(AlongDim):
    """exp(x - max(x)) / sum(exp(x - max(x))). No finite logits overflow."""

    def forward(self, logits: Tensor) -> Tensor:
        # The shift cancels in the quotient, so no gradient flows through the maximum.
        shifted = logits - logits.amax(self.dim, keepdim=True).detach()
        exponentials = torch.exp(shifted)
        return exponentials / exponentials.sum(self.dim, keepdim=True)


class SoftmaxOne(AlongDim):
    """exp(x) / (1 + sum(exp(x))): softmax beside one more logit of 0, whose weight is dropped (Miller 2023).

    The weights sum to less than 1; those of a row of -inf are 0. No finite logits overflow.
    """

    def forward(self, logits: Tensor) -> Tensor:
        # The shift cancels in the quotient, so no gradient flows through the maximum.
        shift = logits.amax(self.dim, keepdim=True).clamp(min=0).detach()
        exponentials = torch.exp(logits - shift)
        return exponentials / (torch.exp(-shift) + exponentials.sum(self.dim, keepdim=True))


class LogNSoftmax(AlongDim):
    """softmax(s log(N) x) over N logits: N^(s x) over its sum (arXiv:2501.19399).

    Softmax over more logits is flatter; this one keeps its sharpness.

    Args:
        dim: along which the N logits lie.
        scale: s, or where it starts; 1 is the form without a parameter (arXiv:2202.12172).
        learnable: s is a parameter, as in the first paper.

    """

    def __init__(self, dim: int, *, scale: float = 1.0, learnable: bool = True) -> None:
        super().__init__(dim)
        self.scale: Tensor
        if learnable:
            self.scale = nn.Parameter(torch.tensor(float(scale)))
        else:
            self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, logits: Tensor) -> Tensor:
        # In the wider of both dtypes: a float32 product would spoil float64 logits.
        scale = self.scale.to(torch.promote_types(self.scale.dtype, logits.dtype))
        return torch.softmax(logits * (scale * math.log(logits.shape[self.dim])), self.dim)


class HardSoftmaxAsWritten(AlongDim):
    """E / sum(E) with E = PLU(x) + 1, a = 1 (Zhu et al. 2021, eq. 5), term for term as the paper writes it.

    For x far below 0 the sum PLU(x) + 1 cancels: E is more than 1% wrong in bfloat16 already below -1.95.
    """

    def forward(self, logits: Tensor) -> Tensor:
        energies = torch.maximum(logits, logits / (1 + logits.abs())) + 1
        return energies / energies.sum(self.dim, keepdim=True)


class HardSoftmax(AlongDim):
    """E / sum(E) with E = 1 + x for x > 0 and 1 / (1 - x) for x <= 0 (Zhu et al. 2021, eq. 5), free of cancellation.

    E(x) E(-x) = 1, as for exp. Energies are divided by the largest of their row before they are summed: no finite
    logits of any dtype overflow the sum or vanish together, forward or backward. One -inf masks its position; a row of
    nothing but -inf is NaN, as for softmax.
    """

    def forward(self, logits: Tensor) -> Tensor:
        # The divisor cancels in the quotient, so no gradient flows through the maximum. Above 0 it is 1 + largest;
        # below, 1 / (1 - largest), of which the inverse is taken into the fraction: both are at least 1.
        largest = logits.amax(self.dim, keepdim=True).detach()
        positive = logits > 0
        # The inner where keeps 1 - x away from 0 where x > 0: otherwise its gradient at x = 1 is NaN.
        below = (1 - largest.clamp(max=0)) / (1 - torch.where(positive, 0, logits))
        energies = torch.where(positive, 1 + logits, below) / (1 + largest.clamp(min=0))
        return energies / energies.sum(self.dim, keepdim=True)


def make_normalizer(chosen: str | NormalizerFactory, dim: int) -> nn.Module:
    """Build a normaliser over ``dim``: one of ours by its name, or what a factory makes.

    Raises:
        ValueError: no normaliser has this name.
        ModuleNotFoundError: it needs a package that is not installed.

    """
    if not isinstance(chosen, str):
        return chosen(dim)
    known = {spec.name: spec for spec in SPECS if spec.family == Family.NORMALIZER}
    require_known("normaliser", chosen, known)
    return known[chosen].build_op(dim)
