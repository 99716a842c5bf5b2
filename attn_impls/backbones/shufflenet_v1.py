"""ShuffleNet (Zhang et al., arXiv:1707.01083, Table 1), with named slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .sites import map_site, spatial, strided
from .stages import with_stage_outputs

if TYPE_CHECKING:
    from ..host import Placement
    from ..site import Site

#: Output channels of the three stages at scale 1, by the number of groups.
WIDTHS = {
    1: (144, 288, 576),
    2: (200, 400, 800),
    3: (240, 480, 960),
    4: (272, 544, 1088),
    8: (384, 768, 1536),
}
#: As the paper numbers them: the stem is stage 1.
STAGES = ("2", "3", "4")
DEPTHS = (4, 8, 4)
STEM_CHANNELS = 24
#: Output channels of a unit over those of its bottleneck.
BOTTLENECK = 4


class ShuffleUnit(nn.Module):
    """1x1 grouped - BN - ReLU; shuffle; 3x3 depthwise - BN; 1x1 grouped - BN; add or concatenate; ReLU.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]. A strided unit concatenates its pooled input instead of adding
    it, so its branch has Cout - Cin channels. ``spatial_conv`` replaces the 3x3 with its BN; ``after_spatial`` stands
    after these; ``block_output`` after the last BN, before the addition or concatenation.

    Args:
        in_channels: Cin.
        out_channels: Cout.
        stride: 1 or 2; with 1, Cin and Cout are the same.
        groups: of the 1x1 convolutions.
        first_groups: of the first 1x1: 1 in the network's first unit, whose input has few channels.
        placement: what goes into which slot.
        size: height and width of the unit's input.
        stage: as the paper numbers it.

    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int,
        *,
        groups: int,
        first_groups: int,
        placement: Placement,
        size: int,
        stage: str,
    ) -> None:
        super().__init__()
        width = out_channels // BOTTLENECK
        added = out_channels - in_channels if stride > 1 else out_channels
        self.groups = groups
        self.site = map_site(out_channels, size=strided(size, stride), stage=stage)
        self.reduce = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, groups=first_groups, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        conv = nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False)
        self.spatial = spatial(conv, nn.BatchNorm2d(width), None, placement, size=size, stage=stage)
        self.expand = nn.Sequential(nn.Conv2d(width, added, 1, groups=groups, bias=False), nn.BatchNorm2d(added))
        self.block_output = placement.gate_at("block_output", map_site(added, size=self.site.height, stage=stage))
        self.shortcut = nn.AvgPool2d(3, stride, 1) if stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.block_output(self.expand(self.spatial(shuffled(self.reduce(x), self.groups))))
        return (x + y if self.shortcut is None else torch.cat((self.shortcut(x), y), 1)).relu()


def shuffled(x: Tensor, groups: int) -> Tensor:
    """Reorder the channels of [B, C, H, W] so that every group of them has some of each group of before."""
    batch, channels, height, width = x.shape
    return x.view(batch, groups, channels // groups, height, width).transpose(1, 2).reshape(x.shape)


class ShuffleNetV1(nn.Module):
    """[B, 3, H, W] -> logits [B, num_classes]. ``groups`` is one of those of WIDTHS."""

    def __init__(self, placement: Placement, *, num_classes: int, image_size: int, groups: int) -> None:
        super().__init__()
        if groups not in WIDTHS:
            msg = f"no ShuffleNet with {groups} groups; choose from {', '.join(map(str, WIDTHS))}"
            raise ValueError(msg)
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, 3, 2, 1, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        )
        units: list[tuple[ShuffleUnit, Site]] = []
        channels, size = STEM_CHANNELS, strided(image_size, 4)
        for stage, depth, out_channels in zip(STAGES, DEPTHS, WIDTHS[groups], strict=True):
            for index in range(depth):
                unit = ShuffleUnit(
                    channels,
                    out_channels,
                    2 if index == 0 else 1,
                    groups=groups,
                    first_groups=groups if units else 1,
                    placement=placement,
                    size=size,
                    stage=stage,
                )
                units.append((unit, unit.site))
                channels, size = out_channels, unit.site.height
        self.blocks = nn.Sequential(*with_stage_outputs(units, placement))
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.blocks(self.stem(x)).mean((2, 3)))


def shufflenet_v1(placement: Placement, *, num_classes: int, image_size: int, groups: int = 3) -> nn.Module:
    """Build ShuffleNet at scale 1, plain or with an attention in one slot."""
    return ShuffleNetV1(placement, num_classes=num_classes, image_size=image_size, groups=groups)
