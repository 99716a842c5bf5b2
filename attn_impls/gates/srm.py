"""Style-based recalibration (Lee et al., arXiv:1903.10829)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..reductions import mean


class StyleRecalibration(nn.Module):
    """SRM, arXiv:1903.10829: x * sigmoid(BN(w . [mean(x), deviation(x)])). [B, C, H, W] -> same.

    As in the official code (hyunjaelee410/style-based-recalibration-module): w is two numbers a channel, 0 at first, so
    that the gate starts at 0.5; the variance is over H W - 1, and 1e-5 is added to it under the root. A single position
    has no variance: on a 1x1 map it is 0 here, where the code gives NaN.

    Args:
        channels: C.
        sample_variance: divide by H W - 1; False: by H W.

    """

    EPSILON = 1e-5

    def __init__(self, channels: int, *, sample_variance: bool = True) -> None:
        super().__init__()
        self.sample_variance = sample_variance
        self.style_weight = nn.Parameter(torch.zeros(channels, 2))
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        average = mean(x, 2, 3)
        variance = mean((x - average).square(), 2, 3)
        if self.sample_variance:
            positions = x.shape[2] * x.shape[3]
            variance = variance * (positions / max(1, positions - 1))
        of_mean, of_deviation = self.style_weight.view(-1, 2, 1, 1).unbind(1)
        style = of_mean * average + of_deviation * (variance + self.EPSILON).sqrt()
        return x * torch.sigmoid(self.norm(style))

    def extra_repr(self) -> str:
        return f"sample_variance={self.sample_variance}"
