"""Gated channel transformation (Yang et al., arXiv:1909.11519)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..reductions import SINGLE_PRECISION_BYTES


class GatedChannelTransform(nn.Module):
    """GCT, arXiv:1909.11519: the channels compete by the lengths of their maps. [B, C, H, W] -> same.

        s = alpha sqrt(sum of x^2 + epsilon), y = x (1 + tanh(gamma s / sqrt(mean of s^2 + epsilon) + beta)),

    Sums are over the positions of a map, means over the channels of a sample; alpha, beta and gamma are one number a
    channel. As in the official code (z-x-yang/GCT): epsilon 1e-5, alpha 1 and gamma = beta = 0 at first, so that it
    starts as the identity; epsilon is added to the mean of s^2, where the paper's equation adds it to the sum. In half
    precision the sums are kept in float32, which the official code does not do: in float16 they overflow.

    Args:
        channels: C.
        epsilon: keeps the roots away from 0.

    Raises:
        ValueError: epsilon is not positive.

    """

    def __init__(self, channels: int, *, epsilon: float = 1e-5) -> None:
        super().__init__()
        if epsilon <= 0:
            msg = f"epsilon is {epsilon}; choose a positive number"
            raise ValueError(msg)
        self.epsilon = epsilon
        self.alpha = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        dtype = torch.float32 if x.dtype.itemsize < SINGLE_PRECISION_BYTES else None
        energy = x.square().sum((2, 3), keepdim=True, dtype=dtype)
        embedding = self.alpha * (energy + self.epsilon).sqrt()
        scale = self.gamma * (embedding.square().mean(1, keepdim=True) + self.epsilon).rsqrt()
        gate = 1 + torch.tanh(embedding * scale + self.beta)
        return x * gate.to(x.dtype)

    def extra_repr(self) -> str:
        return f"epsilon={self.epsilon}"
