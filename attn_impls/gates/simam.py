"""SimAM, attention without parameters (Yang et al., ICML 2021, PMLR 139:11863)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..reductions import mean


class SimAM(nn.Module):
    """SimAM, PMLR 139:11863: x * sigmoid((x - mean)^2 / (4 (variance + lambda)) + 1/2). [B, C, H, W] -> same, any H, W.

    Mean and variance are those of a map; the variance is over H W - 1, as in the official code (ZjjConan/SimAM), where
    lambda is 1e-4. A single position has no variance: on a 1x1 map it is 0 here, where the code gives NaN, and the
    gate is sigmoid(1/2).

    Args:
        channels: ignored: every map gates itself.
        regularization: lambda, positive.

    Raises:
        ValueError: lambda is not positive.

    """

    def __init__(self, channels: int, *, regularization: float = 1e-4) -> None:
        super().__init__()
        del channels
        if regularization <= 0:
            msg = f"regularization is {regularization}; choose a positive number"
            raise ValueError(msg)
        self.regularization = regularization

    def forward(self, x: Tensor) -> Tensor:
        positions = x.shape[2] * x.shape[3]
        squares = (x - mean(x, 2, 3)).square()
        variance = mean(squares, 2, 3) * (positions / max(1, positions - 1))
        return x * torch.sigmoid(squares / (4 * (variance + self.regularization)) + 0.5)

    def extra_repr(self) -> str:
        return f"regularization={self.regularization}"
