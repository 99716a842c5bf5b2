"""MobileNetV3-Small without its SE blocks, for 32 x 32 images (Howard et al., arXiv:1905.02244; Zhu et al. 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor, nn

from .inverted_residual import SlottedInvertedResidual
from .sites import strided
from .stages import stages_of, with_stage_outputs

if TYPE_CHECKING:
    from ..host import Placement


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


def _block(
    row: Row, in_channels: int, activation: nn.Module, placement: Placement, *, size: int, stage: str
) -> SlottedInvertedResidual:
    width = row.expansion
    expand: nn.Module = nn.Identity()
    if width != in_channels:
        expand = nn.Sequential(nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width), activation)
    return SlottedInvertedResidual(
        placement,
        expand=expand,
        conv=nn.Conv2d(width, width, row.kernel, row.stride, row.kernel // 2, groups=width, bias=False),
        norm=nn.BatchNorm2d(width),
        activation=activation,
        project=nn.Sequential(nn.Conv2d(width, row.out_channels, 1, bias=False), nn.BatchNorm2d(row.out_channels)),
        residual=row.stride == 1 and in_channels == row.out_channels,
        channels=row.out_channels,
        size=size,
        stage=stage,
    )


class MobileNetV3Small(nn.Module):
    """[B, 3, H, W] -> logits [B, num_classes].

    One ReLU object serves the whole network: the paper's printed counts need it (see the torchstat rule).
    """

    def __init__(self, placement: Placement, *, num_classes: int, image_size: int) -> None:
        super().__init__()
        relu = nn.ReLU(inplace=True)
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, 3, 1, 1, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.Hardswish(inplace=True),
        )
        blocks = []
        channels, size = STEM_CHANNELS, image_size
        for row, stage in zip(ROWS, stages_of(row.stride for row in ROWS), strict=True):
            activation = nn.Hardswish(inplace=True) if row.nonlinearity == "HS" else relu
            block = _block(row, channels, activation, placement, size=size, stage=stage)
            blocks.append((block, block.site))
            channels, size = row.out_channels, strided(size, row.stride)
        self.blocks = nn.Sequential(*with_stage_outputs(blocks, placement))
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


def mobilenet_v3_small(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build MobileNetV3-Small, plain or with an attention in one slot of every block."""
    return MobileNetV3Small(placement, num_classes=num_classes, image_size=image_size)
