"""ShuffleNetV2 of torchvision with named slots (Ma et al., arXiv:1807.11164)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torchvision import models

from .shufflenet_v1 import STAGES
from .sites import map_site, spatial, strided

if TYPE_CHECKING:
    from ..host import Placement


def shufflenet_v2(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build torchvision's ShuffleNetV2 at scale 1, plain or with an attention in one slot.

    The slots are in a unit's right branch: ``spatial_conv`` replaces its depthwise convolution and the BN of that;
    ``after_spatial`` stands after these; ``block_output`` at the branch's end, before the concatenation.
    """
    network = models.shufflenet_v2_x1_0(num_classes=num_classes)
    size = strided(image_size, 4)
    for stage in STAGES:
        units = getattr(network, f"stage{stage}")
        width = 0
        for unit in units:
            *reduce, conv, norm, expand, last_norm, relu = unit.branch2
            middle = spatial(conv, norm, None, placement, size=size, stage=stage)
            size = strided(size, unit.stride)
            gate = placement.gate_at("block_output", map_site(expand.out_channels, size=size, stage=stage))
            unit.branch2 = nn.Sequential(*reduce, middle, expand, last_norm, relu, gate)
            width = 2 * expand.out_channels
        gate_after = placement.at("stage_output", map_site(width, size=size, stage=stage))
        if gate_after is not None:
            units.append(gate_after)
    return network
