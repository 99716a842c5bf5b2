"""Normalisers: logits -> weights that sum to 1 along one dimension, spelled out so that they can be read.

Each class takes ``dim`` and maps logits of any floating-point shape to weights of that shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .activations import plu

if TYPE_CHECKING:
    from collections.abc import Callable


class _Normalizer(nn.Module):
    """Keeps ``dim``, the dimension along which the weights sum to 1."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class NaiveSoftmax(_Normalizer):
    """exp(x) / sum(exp(x)). Overflows to NaN from x = 11.094 in float16 and x = 88.73 in float32."""

    def forward(self, logits: Tensor) -> Tensor:
        exponentials = torch.exp(logits)
        return exponentials / exponentials.sum(self.dim, keepdim=True)


class StableSoftmax(_Normalizer):
    """exp(x - max(x)) / sum(exp(x - max(x))). No finite logits overflow."""

    def forward(self, logits: Tensor) -> Tensor:
        # The shift cancels in the quotient, so no gradient flows through the maximum.
        shifted = logits - logits.amax(self.dim, keepdim=True).detach()
        exponentials = torch.exp(shifted)
        return exponentials / exponentials.sum(self.dim, keepdim=True)


class HardSoftmaxAsWritten(_Normalizer):
    """E / sum(E) with E = PLU(x) + 1, a = 1 (Zhu et al. 2021, eq. 6), term for term as the paper writes it.

    For x far below 0 the sum PLU(x) + 1 cancels: E is more than 1% wrong in bfloat16 already below -1.95.
    """

    def forward(self, logits: Tensor) -> Tensor:
        energies = plu(logits) + 1
        return energies / energies.sum(self.dim, keepdim=True)


class HardSoftmax(_Normalizer):
    """E / sum(E) with E = 1 + x for x > 0 and 1 / (1 - x) for x <= 0 (Zhu et al. 2021), free of cancellation.

    E(x) E(-x) = 1, as for exp. One -inf masks its position.
    """

    def forward(self, logits: Tensor) -> Tensor:
        positive = logits > 0
        # The inner where keeps 1 - x away from 0 where x > 0: otherwise its gradient at x = 1 is NaN.
        energies = torch.where(positive, 1 + logits, 1 / (1 - torch.where(positive, 0, logits)))
        return energies / energies.sum(self.dim, keepdim=True)


#: The names by which branches and gates choose their normaliser.
NORMALIZERS: dict[str, Callable[[int], nn.Module]] = {
    "softmax": nn.Softmax,
    "softmax/naive": NaiveSoftmax,
    "softmax/stable": StableSoftmax,
    "hard_softmax": HardSoftmax,
    "hard_softmax/as_written": HardSoftmaxAsWritten,
}


def make_normalizer(name: str, dim: int) -> nn.Module:
    """Build the named normaliser over ``dim``.

    Raises:
        ValueError: no normaliser has this name.

    """
    if name not in NORMALIZERS:
        msg = f"unknown normaliser {name!r}; choose from {', '.join(NORMALIZERS)}"
        raise ValueError(msg)
    return NORMALIZERS[name](dim)
