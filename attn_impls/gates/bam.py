"""Bottleneck attention (Park et al., arXiv:1807.06514)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..arguments import bottleneck_width, require_known, require_one_or_more
from ..pointwise import Pointwise
from ..reductions import mean

COMBINATIONS = ("add", "multiply")
#: 3 x 3 convolutions of the spatial part, between its two 1 x 1 ones.
DILATED = 2


class BAM(nn.Module):
    """BAM, arXiv:1807.06514, eq. 1 and 2: x + x * sigmoid(Mc(x) + Ms(x)). [B, C, H, W] -> same.

    ``Mc = W2 ReLU(BN(W1 mean(x)))``, one value a channel. ``Ms``: 1 x 1 to the width, two dilated 3 x 3, each of these
    with BN and ReLU, 1 x 1 to one value a position. All have biases.

    Sizes and order are those of the official code (Jongchan/attention-module), whose parameters are those that the
    paper counts: BN stands after W1, where the paper's eq. 3 has one after W2, and after the first three convolutions
    of Ms, where eq. 4 has one after the last. The official code multiplies, ``sigmoid(Mc(x) * Ms(x))``; the paper, and
    the default here, adds. In training the BN of Mc needs more than one value: no batch of 1.

    mean(x) is over all H W positions, as in the paper. The official code pools windows of H x H,
    ``avg_pool2d(x, H, stride=H)``: the same for square maps alone. Of a map that is wider than high it leaves out
    columns, or has too many values for W1, and it fails on one that is higher than wide. As it is published, the code
    raises a NameError when it is built (``gate_activation``).

    Args:
        channels: C.
        reduction: C over the width in between, which is rounded down, but never below 1.
        dilation: of the 3 x 3 convolutions.
        combine: ``add`` or ``multiply``.

    Raises:
        ValueError: a number is below 1, or the combination is unknown.

    """

    def __init__(self, channels: int, *, reduction: int = 16, dilation: int = 4, combine: str = "add") -> None:
        super().__init__()
        width = bottleneck_width(channels, reduction)
        require_one_or_more(dilation=dilation)
        require_known("combination", combine, COMBINATIONS)
        self.combine = combine
        self.channel = nn.Sequential(
            Pointwise(channels, width), nn.BatchNorm2d(width), nn.ReLU(inplace=True), Pointwise(width, channels)
        )
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        for _ in range(DILATED):
            convolution = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
            layers += [convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        self.spatial = nn.Sequential(*layers, nn.Conv2d(width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        of_channels, of_positions = self.channel(mean(x, 2, 3)), self.spatial(x)
        logits = of_channels + of_positions if self.combine == "add" else of_channels * of_positions
        return torch.addcmul(x, x, torch.sigmoid(logits))
