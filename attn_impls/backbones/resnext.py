"""ResNeXt-50 32x4d with every channel halved, for 32 x 32 images (Zhu et al. 2021, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from .residual_blocks import Residual
from .resnet import STAGES
from .sites import map_site, spatial, strided

if TYPE_CHECKING:
    from ..host import Placement

DEPTHS = (3, 4, 6, 3)
WIDTHS = (64, 128, 256, 512)
STRIDES = (1, 2, 2, 2)
STEM_CHANNELS = 32
GROUPS = 16
EXPANSION = 2


class Bottleneck(Residual):
    """1x1 - BN - ReLU; k x k - BN - ReLU; 1x1 - BN; add; ReLU. [B, Cin, H, W] -> [B, 2 w, H/s, W/s].

    Slot ``spatial_conv`` replaces the middle; ``after_spatial`` stands between its BN and its ReLU. One ReLU object
    serves the block, which matters to counting rules that count a module once.
    """

    def __init__(
        self, in_channels: int, width: int, stride: int, placement: Placement, *, size: int, stage: str
    ) -> None:
        out_channels = EXPANSION * width
        shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        super().__init__(
            placement,
            in_channels=in_channels,
            out_channels=out_channels,
            size=size,
            stride=stride,
            stage=stage,
            shortcut=shortcut,
            relu=nn.ReLU(inplace=True),
        )
        self.reduce = nn.Sequential(nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width))
        conv = nn.Conv2d(width, width, 3, stride, 1, groups=GROUPS, bias=False)
        self.spatial = spatial(conv, nn.BatchNorm2d(width), self.relu, placement, size=size, stage=stage)
        self.expand = nn.Sequential(nn.Conv2d(width, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))

    def residual(self, x: Tensor) -> Tensor:
        return self.expand(self.spatial(self.relu(self.reduce(x))))


class ResNeXt(nn.Module):
    """[B, 3, H, W] -> logits [B, num_classes]. The 7x7 stem and the 3x3 max-pooling both have stride 1."""

    def __init__(self, placement: Placement, *, num_classes: int, image_size: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, 7, 1, 3, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 1, 1),
        )
        blocks: list[nn.Module] = []
        channels, size = STEM_CHANNELS, image_size
        for stage, depth, width, first_stride in zip(STAGES, DEPTHS, WIDTHS, STRIDES, strict=True):
            for index in range(depth):
                stride = first_stride if index == 0 else 1
                blocks.append(Bottleneck(channels, width, stride, placement, size=size, stage=stage))
                channels, size = EXPANSION * width, strided(size, stride)
            gate = placement.at("stage_output", map_site(channels, size=size, stage=stage))
            if gate is not None:
                blocks.append(gate)
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.blocks(self.stem(x)).mean((2, 3)))


def resnext50_16x4d(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build ResNeXt50 (16x4d), plain or with an attention in one slot."""
    return ResNeXt(placement, num_classes=num_classes, image_size=image_size)
