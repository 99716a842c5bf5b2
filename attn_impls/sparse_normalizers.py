"""Sparse normalisers: logits -> weights that sum to 1 along one dimension, many of them exactly 0.

Each class takes ``dim`` and maps logits of any floating-point shape to weights of that shape. All subtract a threshold
that is a difference of sums: for 16-bit logits it is computed in float32. ``torch.compile`` takes Sparsemax into one
graph; the two from the package entmax break it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .along_dim import AlongDim

if TYPE_CHECKING:
    from types import ModuleType

SIXTEEN_BITS = (torch.float16, torch.bfloat16)


def _wide(logits: Tensor) -> Tensor:
    return logits.float() if logits.dtype in SIXTEEN_BITS else logits


class Sparsemax(AlongDim):
    """max(x - t, 0) with the t that makes it sum to 1: the nearest point of the simplex (arXiv:1602.02068).

    One -inf masks its position. The gradient is that of the support: the mean over it is subtracted.
    """

    def forward(self, logits: Tensor) -> Tensor:
        wide = _wide(logits)
        # The shift cancels; it keeps the sums small.
        shifted = wide - wide.amax(self.dim, keepdim=True).detach()
        support = self._support(shifted.detach())
        supported = torch.where(support, shifted, 0).sum(self.dim, keepdim=True)
        threshold = (supported - 1) / support.sum(self.dim, keepdim=True)
        return torch.where(support, shifted - threshold, 0).to(logits.dtype)

    def _support(self, shifted: Tensor) -> Tensor:
        """Return which logits get a weight: the k largest, for the greatest k with 1 + k x_k > x_1 + ... + x_k."""
        descending = shifted.sort(self.dim, descending=True).values
        ranks = torch.arange(1, shifted.shape[self.dim] + 1, device=shifted.device, dtype=shifted.dtype)
        ranks = ranks.view([-1 if axis == self.dim % shifted.dim() else 1 for axis in range(shifted.dim())])
        sums = descending.cumsum(self.dim)
        size = (1 + ranks * descending > sums).sum(self.dim, keepdim=True)
        return shifted > (sums.gather(self.dim, size - 1) - 1) / size


class Entmax15(AlongDim):
    """1.5-entmax (arXiv:1905.05702), [x / 2 - t]+ squared: between softmax and sparsemax, by sorting.

    Raises:
        ModuleNotFoundError: the package ``entmax`` is not installed.

    """

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self._share_out = import_entmax().entmax15

    def forward(self, logits: Tensor) -> Tensor:
        weights: Tensor = self._share_out(_wide(logits), dim=self.dim)
        return weights.to(logits.dtype)


class Entmax(AlongDim):
    """alpha-entmax (arXiv:1905.05702), [(alpha - 1) x - t]+ to the power 1 / (alpha - 1), by bisection for t.

    Towards alpha = 1 it becomes softmax; alpha = 2 is sparsemax. The default is the alpha that the paper recommends.

    Raises:
        ModuleNotFoundError: the package ``entmax`` is not installed.
        ValueError: alpha is not above 1.

    """

    def __init__(self, dim: int, *, alpha: float = 1.5) -> None:
        super().__init__(dim)
        if not alpha > 1:
            msg = f"alpha must be above 1, not {alpha}; alpha = 1 is softmax"
            raise ValueError(msg)
        self.alpha = float(alpha)
        self._share_out = import_entmax().entmax_bisect

    def forward(self, logits: Tensor) -> Tensor:
        weights: Tensor = self._share_out(_wide(logits), alpha=self.alpha, dim=self.dim)
        return weights.to(logits.dtype)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, alpha={self.alpha}"


def import_entmax() -> ModuleType:
    """Import the optional package, which only these two need.

    Raises:
        ModuleNotFoundError: it is not installed; the message says how to.

    """
    try:
        return importlib.import_module("entmax")
    except ModuleNotFoundError as error:
        msg = "entmax needs the package of that name; install it with: pip install attnbench[entmax]"
        raise ModuleNotFoundError(msg, name="entmax") from error
