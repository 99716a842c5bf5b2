"""Gated channel transformation (Yang et al., arXiv:1909.11519)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..arguments import require_known
from ..reductions import SINGLE_PRECISION_BYTES

NORMS = ("l2", "l1")


class GatedChannelTransform(nn.Module):
    """GCT, arXiv:1909.11519: the channels compete by the lengths of their maps. [B, C, H, W] -> same.

        s = alpha sqrt(sum of x^2 + epsilon), y = x (1 + tanh(gamma s / sqrt(mean of s^2 + epsilon) + beta)),

    and, with ``norm=l1``,

        s = alpha sum of |x|, y = x (1 + tanh(gamma s / (mean of |s| + epsilon) + beta)).

    Sums are over the positions of a map, means over the channels of a sample; alpha, beta and gamma are one number a
    channel. As in the official code (z-x-yang/GCT): epsilon 1e-5, alpha 1 and gamma = beta = 0 at first, so that it
    starts as the identity; epsilon is added to the mean of s^2, where the paper's equation adds it to the sum. In half
    precision the sums are kept in float32, which the official code does not do: in float16 they overflow. Its
    ``after_relu`` leaves out the magnitude where nothing is negative, which changes no value, and is not here.

    Args:
        channels: C.
        epsilon: keeps the roots and the quotient away from 0.
        norm: ``l2``, the paper's, or ``l1``: the official code's ``mode``.

    Raises:
        ValueError: epsilon is not positive, or the norm is unknown.

    """

    def __init__(self, channels: int, *, epsilon: float = 1e-5, norm: str = "l2") -> None:
        super().__init__()
        if epsilon <= 0:
            msg = f"epsilon is {epsilon}; choose a positive number"
            raise ValueError(msg)
        require_known("norm", norm, NORMS)
        self.epsilon = epsilon
        self.norm = norm
        self.alpha = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        dtype = torch.float32 if x.dtype.itemsize < SINGLE_PRECISION_BYTES else None
        if self.norm == "l2":
            energy = x.square().sum((2, 3), keepdim=True, dtype=dtype)
            embedding = self.alpha * (energy + self.epsilon).sqrt()
            scale = self.gamma * (embedding.square().mean(1, keepdim=True) + self.epsilon).rsqrt()
        else:
            embedding = self.alpha * x.abs().sum((2, 3), keepdim=True, dtype=dtype)
            scale = self.gamma / (embedding.abs().mean(1, keepdim=True) + self.epsilon)
        gate = 1 + torch.tanh(embedding * scale + self.beta)
        return x * gate.to(x.dtype)

    def extra_repr(self) -> str:
        return f"epsilon={self.epsilon}, norm={self.norm}"
