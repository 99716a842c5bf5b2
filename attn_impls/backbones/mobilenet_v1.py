"""MobileNet (Howard et al., arXiv:1704.04861, Table 1), with named slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from .sites import map_site, spatial, strided
from .stages import stages_of, with_stage_outputs

if TYPE_CHECKING:
    from ..host import Placement

STEM_CHANNELS = 32
STEM_STRIDE = 2
#: Output channels and stride of each depthwise separable convolution. The last stride is 1: printed as 2, it would
#: not give the 7 x 7 map that the table continues with.
ROWS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)


class DepthwiseSeparable(nn.Module):
    """3x3 depthwise - BN - ReLU; 1x1 - BN - ReLU. [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)].

    ``spatial_conv`` replaces the 3x3 with its BN and ReLU; ``after_spatial`` stands between these two,
    ``spatial_output`` after all three; ``block_output`` after the last ReLU, as SENet places SE in networks without
    shortcuts (arXiv:1709.01507v4, section 3.3).
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, placement: Placement, *, size: int, stage: str
    ) -> None:
        super().__init__()
        conv = nn.Conv2d(in_channels, in_channels, 3, stride, 1, groups=in_channels, bias=False)
        norm = nn.BatchNorm2d(in_channels)
        inner = map_site(in_channels, size=strided(size, stride), stage=stage)
        self.site = map_site(out_channels, size=inner.height, stage=stage)
        self.spatial = spatial(conv, norm, nn.ReLU(inplace=True), placement, size=size, stage=stage)
        self.spatial_output = placement.gate_at("spatial_output", inner)
        self.pointwise = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)
        )
        self.block_output = placement.gate_at("block_output", self.site)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_output(self.pointwise(self.spatial_output(self.spatial(x))))


class MobileNetV1(nn.Module):
    """[B, 3, H, W] -> logits [B, num_classes]."""

    def __init__(self, placement: Placement, *, num_classes: int, image_size: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, 3, STEM_STRIDE, 1, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.ReLU(inplace=True),
        )
        blocks = []
        channels, size = STEM_CHANNELS, strided(image_size, STEM_STRIDE)
        for (out_channels, stride), stage in zip(ROWS, stages_of(stride for _, stride in ROWS), strict=True):
            block = DepthwiseSeparable(channels, out_channels, stride, placement, size=size, stage=stage)
            blocks.append((block, block.site))
            channels, size = out_channels, block.site.height
        self.blocks = nn.Sequential(*with_stage_outputs(blocks, placement))
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.blocks(self.stem(x)).mean((2, 3)))


def mobilenet_v1(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build MobileNet, plain or with an attention in one slot."""
    return MobileNetV1(placement, num_classes=num_classes, image_size=image_size)
