"""MobileNetV3-Small without its SE blocks, for 32 x 32 images (Howard et al., arXiv:1905.02244; Zhu et al. 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor, nn

from ..spec import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    Attach = Callable[[Site], nn.Module]


class Row(NamedTuple):
    """One block, in the columns of the paper: RE is ReLU, HS hard swish."""

    kernel: int
    expansion: int
    out_channels: int
    nonlinearity: str
    stride: int


# arXiv:1905.02244, Table 2, with stride 1 in the stem and the first block for 32 x 32 images.
ROWS = (
    Row(3, 16, 16, "RE", 1),
    Row(3, 72, 24, "RE", 2),
    Row(3, 88, 24, "RE", 1),
    Row(5, 96, 40, "HS", 2),
    Row(5, 240, 40, "HS", 1),
    Row(5, 240, 40, "HS", 1),
    Row(5, 120, 48, "HS", 1),
    Row(5, 144, 48, "HS", 1),
    Row(5, 288, 96, "HS", 2),
    Row(5, 576, 96, "HS", 1),
    Row(5, 576, 96, "HS", 1),
)
STEM_CHANNELS = 16
LAST_CHANNELS = 576
HEAD_WIDTH = 1024


class InvertedResidual(nn.Module):
    """(1x1 - BN - act); k x k depthwise - BN - act; 1x1 - BN; add where shapes agree. [B, Cin, H, W] -> [B, Cout, ...].

    Slot ``spatial_conv`` replaces the depthwise convolution, its BN and activation; slot ``after_depthwise`` stands
    between that BN and that activation.
    """

    def __init__(
        self, in_channels: int, row: Row, activation: nn.Module, attach: Attach | None, slot: str | None
    ) -> None:
        super().__init__()
        width = row.expansion
        self.expand: nn.Module = nn.Identity()
        if width != in_channels:
            self.expand = nn.Sequential(nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width), activation)
        site = Site(in_channels=width, out_channels=width, kernel_size=row.kernel, stride=row.stride, groups=width)
        if attach is not None and slot == "spatial_conv":
            self.spatial = attach(site)
        else:
            self.spatial = nn.Sequential(
                nn.Conv2d(width, width, row.kernel, row.stride, row.kernel // 2, groups=width, bias=False),
                nn.BatchNorm2d(width),
                attach(site) if attach is not None and slot == "after_depthwise" else nn.Identity(),
                activation,
            )
        self.project = nn.Sequential(
            nn.Conv2d(width, row.out_channels, 1, bias=False), nn.BatchNorm2d(row.out_channels)
        )
        self.residual = row.stride == 1 and in_channels == row.out_channels

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.spatial(self.expand(x)))
        return x + y if self.residual else y


class MobileNetV3Small(nn.Module):
    """[B, 3, H, W] -> logits [B, num_classes].

    One ReLU object serves the whole network: the paper's printed counts need it (see the torchstat rule).
    """

    def __init__(self, attach: Attach | None, slot: str | None, num_classes: int) -> None:
        super().__init__()
        # What a gate returns may be needed for its gradient: the activation after it must not overwrite it.
        inplace = slot != "after_depthwise"
        relu = nn.ReLU(inplace=inplace)
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, 3, 1, 1, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.Hardswish(inplace=True),
        )
        blocks: list[nn.Module] = []
        channels = STEM_CHANNELS
        for row in ROWS:
            activation = nn.Hardswish(inplace=inplace) if row.nonlinearity == "HS" else relu
            blocks.append(InvertedResidual(channels, row, activation, attach, slot))
            channels = row.out_channels
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(
            nn.Conv2d(channels, LAST_CHANNELS, 1, bias=False),
            nn.BatchNorm2d(LAST_CHANNELS),
            nn.Hardswish(inplace=True),
        )
        self.classifier = nn.Sequential(
            nn.Linear(LAST_CHANNELS, HEAD_WIDTH), nn.Hardswish(inplace=True), nn.Linear(HEAD_WIDTH, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.last(self.blocks(self.stem(x))).mean((2, 3)))


def mobilenet_v3_small(attach: Attach | None, slot: str | None, num_classes: int) -> nn.Module:
    """Build MobileNetV3-Small, plain or with an attention in one slot of every block."""
    return MobileNetV3Small(attach, slot, num_classes)
