"""Convolutional block attention (Woo et al., arXiv:1807.06521)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..arguments import bottleneck_width
from ..plane_gate import PlaneGate, pool
from ..pointwise import Pointwise
from ..reductions import maximum, mean


class CBAM(nn.Module):
    """CBAM, arXiv:1807.06521: a gate for every channel, then one for every position. [B, C, H, W] -> same.

    Equations 2 and 3: ``y = x * sigmoid(MLP(mean x) + MLP(max x))`` with both poolings over the map and one
    ``MLP(s) = W2 ReLU(W1 s + b1) + b2``; then ``y * sigmoid(BN(f([max y, mean y])))`` with both poolings over the
    channels and f a k x k convolution without bias.

    Defaults, the order of the two pooled maps and the BN are those of the official code (Jongchan/attention-module);
    the paper has [mean y, max y] and no BN. The scale of the BN is 0 at initialisation: every spatial gate is 0.5 then,
    whatever the input, and f has no gradient until the scale has moved. In training the BN needs more than one value:
    a batch of 1 needs a map of more than one position.

    Args:
        channels: C.
        reduction: C over the width of the MLP, which is rounded down, but never below 1.
        kernel_size: k, odd.
        zero_init: the scale of the BN is 0 at initialisation; False: 1.

    Raises:
        ValueError: the reduction is below 1, or the kernel size is not a positive odd number.

    """

    def __init__(self, channels: int, *, reduction: int = 16, kernel_size: int = 7, zero_init: bool = True) -> None:
        super().__init__()
        self.channel = ChannelGate(channels, width=bottleneck_width(channels, reduction))
        self.spatial = PlaneGate(kernel_size)
        if zero_init:
            nn.init.zeros_(self.spatial.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        gated = x * self.channel(x)
        gates = self.spatial(pool(gated, 1))
        # In place where no gradient needs the map between: a new one costs more than the product.
        return gated * gates if gated.requires_grad else gated.mul_(gates)


class ChannelGate(nn.Module):
    """Map [B, C, H, W] -> gates of its channels [B, C, 1, 1]; ``width`` is that of the MLP between."""

    def __init__(self, channels: int, *, width: int) -> None:
        super().__init__()
        self.reduce = Pointwise(channels, width)
        self.activation = nn.ReLU(inplace=True)
        self.expand = Pointwise(width, channels)

    def forward(self, x: Tensor) -> Tensor:
        # Both poolings are one batch to the MLP: half the launches.
        pooled = torch.cat((mean(x, 2, 3), maximum(x.flatten(2), 2)[..., None]))
        of_mean, of_max = self.expand(self.activation(self.reduce(pooled))).chunk(2)
        return torch.sigmoid(of_mean + of_max)
