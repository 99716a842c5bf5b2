"""Elementwise functions of any shape."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def plu(x: Tensor, a: float = 1.0) -> Tensor:
    """PLU(x) = max(x, a x / (1 + |x|)), 0 < a <= 1 (Zhu et al. 2021, eq. 3). Any shape.

    Eq. 4 prints the slope for x > 0 as 1/a; it is 1. The paper calls a = 0.5 usual; HardSoftmax has a = 1, as the
    default here. At -inf it is -a, where the formula as printed is inf / inf. The slope below 0, a / (1 - x)^2, is 0
    only where the dtype has no smaller number for it.
    """
    below = torch.where(x > 0, 0, x).clamp(min=torch.finfo(x.dtype).min)
    piece = a * below / (1 - below)
    if torch.is_grad_enabled():
        # The derivatives of numerator and denominator cancel: in bfloat16, nothing of the slope is left below -256.
        # a / (1 - x) - a is the same function with its slope in one piece; its value, which cancels, is not used.
        reciprocal = a / (1 - below)
        piece = piece.detach() + (reciprocal - reciprocal.detach())
    return torch.where(x > 0, x, piece)


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


def felu(x: Tensor) -> Tensor:
    """FeLU(x) = (e^x - 1) / (1 + e^-x) for x < 0, x for x > 0 (He and Sun 2020, eq. 4). Any shape.

    The paper leaves 0 out; both pieces have the limit 0 there. Their slopes are 1/2 from below, which autograd gives at
    0, and 1 from above. Far below 0 it is -e^x, which is 0 only where the dtype has no smaller number for it.
    """
    # exp never sees a positive x: where it overflows, the gradient of the unused piece would be NaN.
    below = torch.where(x > 0, 0, x)
    # e / (1 + e) is sigmoid(x), which underflows where its e^-x overflows: sooner than e^x does.
    exponential = torch.exp(below)
    return torch.where(x > 0, x, torch.expm1(below) * exponential / (1 + exponential))


class FeLU(nn.Module):
    """FeLU, x for x > 0 and expm1(x) sigmoid(x) below. Any shape -> the same shape."""

    def forward(self, x: Tensor) -> Tensor:
        return felu(x)
