"""ResNeXt-50 32x4d with every channel halved, for 32 x 32 images (Zhu et al. 2021, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..spec import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    Attach = Callable[[Site], nn.Module]

DEPTHS = (3, 4, 6, 3)
WIDTHS = (64, 128, 256, 512)
STRIDES = (1, 2, 2, 2)
STEM_CHANNELS = 32
GROUPS = 16
EXPANSION = 2


class Bottleneck(nn.Module):
    """1x1 - BN - ReLU; k x k - BN - ReLU; 1x1 - BN; add; ReLU. [B, Cin, H, W] -> [B, 2 w, H/s, W/s].

    Slot ``spatial_conv`` replaces the middle; slot ``block_output`` stands after the last BN, before the addition.
    One ReLU object serves the block, which matters to counting rules that count a module once.
    """

    def __init__(self, in_channels: int, width: int, stride: int, attach: Attach | None, slot: str | None) -> None:
        super().__init__()
        out_channels = EXPANSION * width
        self.activation = nn.ReLU(inplace=True)
        self.reduce = nn.Sequential(nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width))
        if attach is not None and slot == "spatial_conv":
            site = Site(in_channels=width, out_channels=width, kernel_size=3, stride=stride, groups=GROUPS)
            self.spatial = attach(site)
        else:
            self.spatial = nn.Sequential(
                nn.Conv2d(width, width, 3, stride, 1, groups=GROUPS, bias=False),
                nn.BatchNorm2d(width),
                self.activation,
            )
        self.expand = nn.Sequential(nn.Conv2d(width, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))
        if attach is not None and slot == "block_output":
            site = Site(in_channels=out_channels, out_channels=out_channels, kernel_size=1, stride=1, groups=1)
            self.attention = attach(site)
        else:
            self.attention = nn.Identity()
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.reduce(x))
        y = self.attention(self.expand(self.spatial(y)))
        return self.activation(y + self.shortcut(x))


class ResNeXt(nn.Module):
    """[B, 3, H, W] -> logits [B, num_classes]. The 7x7 stem and the 3x3 max-pooling both have stride 1."""

    def __init__(self, attach: Attach | None, slot: str | None, num_classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, 7, 1, 3, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 1, 1),
        )
        blocks: list[nn.Module] = []
        channels = STEM_CHANNELS
        for depth, width, first_stride in zip(DEPTHS, WIDTHS, STRIDES, strict=True):
            for index in range(depth):
                blocks.append(Bottleneck(channels, width, first_stride if index == 0 else 1, attach, slot))
                channels = EXPANSION * width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.blocks(self.stem(x)).mean((2, 3)))


def resnext50_16x4d(attach: Attach | None, slot: str | None, num_classes: int) -> nn.Module:
    """Build ResNeXt50 (16x4d), plain or with an attention in one slot of every block."""
    return ResNeXt(attach, slot, num_classes)
