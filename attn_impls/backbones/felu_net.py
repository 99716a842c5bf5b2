"""The small network that FeLU was tried in (doi:10.16644/j.cnki.cn33-1094/tp.2020.10.017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from .sites import map_site

if TYPE_CHECKING:
    from ..host import Placement
    from ..site import Site

IN_CHANNELS = 1
#: The paper prints the reduction alone. The other two are ours.
REDUCTION = 16
CHANNELS = 64
KERNEL = 3


class ChannelAttention(nn.Module):
    """x * sigmoid(W2 f(W1 mean(x))), Figure 3 of the paper, with the activation f in a slot. [B, C, H, W] -> same."""

    def __init__(self, channels: int, activation: nn.Module) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, channels // REDUCTION)
        self.activation = activation
        self.expand = nn.Linear(channels // REDUCTION, channels)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.expand(self.activation(self.reduce(x.mean((2, 3))))).sigmoid()
        return x * weights[..., None, None]


class FeLUNet(nn.Module):
    """[B, 1, S, S] -> logits [B, num_classes]: a convolution with channel attention, and a fully connected output.

    ``activation`` is the attention's own, the ReLU in the plain network; ``squeeze_excite`` replaces the attention.
    The paper names no activation elsewhere, and there is none. Its A, B, C and D are four ways to sum up the accuracies
    of five runs, not four networks.
    """

    def __init__(self, placement: Placement, *, num_classes: int, image_size: int) -> None:
        super().__init__()
        site = map_site(CHANNELS, size=image_size, stage="")
        self.conv = nn.Conv2d(IN_CHANNELS, CHANNELS, KERNEL, 1, KERNEL // 2)
        self.attention = placement.at("squeeze_excite", site) or _attention(placement, site)
        self.classifier = nn.Linear(CHANNELS * image_size**2, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.attention(self.conv(x)).flatten(1))


def _attention(placement: Placement, site: Site) -> nn.Module:
    return ChannelAttention(site.out_channels, placement.at("activation", site) or nn.ReLU())


def felu_net(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build the network, plain or with an activation or another attention in place of its own."""
    return FeLUNet(placement, num_classes=num_classes, image_size=image_size)
