"""Elementwise functions of any shape."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def plu(x: Tensor, a: float = 1.0) -> Tensor:
    """PLU(x) = max(x, a x / (1 + |x|)), 0 < a <= 1 (Zhu et al. 2021, eq. 3). Any shape.

    Eq. 4 prints the slope for x > 0 as 1/a; it is 1.
    """
    return torch.maximum(x, a * x / (1 + x.abs()))


class PLU(nn.Module):
    """PLU, max(x, a x / (1 + |x|)). Any shape -> the same shape.

    Raises:
        ValueError: ``a`` is outside (0, 1].

    """

    def __init__(self, a: float = 1.0) -> None:
        super().__init__()
        if not 0 < a <= 1:
            msg = f"a must be in (0, 1], not {a}"
            raise ValueError(msg)
        self.a = a

    def forward(self, x: Tensor) -> Tensor:
        return plu(x, self.a)

    def extra_repr(self) -> str:
        return f"a={self.a}"
