"""VGG with batch normalisation of torchvision, with named slots (Simonyan and Zisserman, arXiv:1409.1556)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torchvision import models

from .sites import map_site, spatial

if TYPE_CHECKING:
    from ..host import Placement

#: Size and stride of every pooling.
POOLING = 2


def vgg16_bn(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build torchvision's VGG-16 with BN, plain or with an attention in one slot.

    ``block_output`` stands after the ReLU of every convolution, as SENet places SE in networks without shortcuts
    (arXiv:1709.01507v4, section 3.3); ``spatial_conv`` replaces a convolution with its BN and ReLU; ``after_spatial``
    stands between these two; ``stage_output`` before each pooling.
    """
    network = models.vgg16_bn(num_classes=num_classes)
    placed: list[nn.Module] = []
    layers = iter(network.features)
    channels, size, stage = 3, image_size, 1
    for layer in layers:
        site = map_site(channels, size=size, stage=str(stage))
        if isinstance(layer, nn.MaxPool2d):
            placed += [placement.gate_at("stage_output", site), layer]
            # It has no padding: it drops the last row and column of an odd map.
            size, stage = size // POOLING, stage + 1
            continue
        norm, relu = next(layers), next(layers)
        channels = layer.out_channels
        site = map_site(channels, size=size, stage=str(stage))
        placed += [
            spatial(layer, norm, relu, placement, size=size, stage=site.stage),
            placement.gate_at("block_output", site),
        ]
    network.features = nn.Sequential(*placed)
    return network
