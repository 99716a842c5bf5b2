"""The blocks of residual networks, with named slots around and inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from .sites import map_site, spatial, strided

if TYPE_CHECKING:
    from torchvision.models.resnet import BasicBlock, Bottleneck

    from ..host import Placement


class Residual(nn.Module):
    """The slots that every residual block has, around and inside ``x + residual(x)``.

    ``pre`` before the residual branch; ``block_output`` after its last BN, before the addition (the standard place);
    ``identity`` on the shortcut, after its projection; ``post`` after the addition and its ReLU. Named after SENet's
    Table 14 (arXiv:1709.01507v4), whose "standard" is ``block_output``.

    Args:
        placement: what goes into which slot.
        in_channels: of the block.
        out_channels: of the block.
        size: height and width of the block's input.
        stride: of the block.
        stage: the backbone's name for the group of blocks.
        shortcut: from the block's input to the shape of its output.
        relu: the block's own.

    """

    def __init__(
        self,
        placement: Placement,
        *,
        in_channels: int,
        out_channels: int,
        size: int,
        stride: int,
        stage: str,
        shortcut: nn.Module,
        relu: nn.Module,
    ) -> None:
        super().__init__()
        inside = map_site(in_channels, size=size, stage=stage)
        outside = map_site(out_channels, size=strided(size, stride), stage=stage)
        self.out_channels = out_channels
        self.pre = placement.gate_at("pre", inside)
        self.block_output = placement.gate_at("block_output", outside)
        self.identity = placement.gate_at("identity", outside)
        self.post = placement.gate_at("post", outside)
        self.shortcut = shortcut
        self.relu = relu

    def residual(self, x: Tensor) -> Tensor:
        """Return the residual branch's output, without what stands in its slots ``pre`` and ``block_output``."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        residual = self.block_output(self.residual(self.pre(x)))
        # Not added in place: what a gate returns may be needed for its gradient.
        return self.post(self.relu(residual + self.identity(self.shortcut(x))))


class SlottedBasicBlock(Residual):
    """3x3 - BN - ReLU; 3x3 - BN; add; ReLU. [B, Cin, H, W] -> [B, w, H/s, W/s].

    ``spatial_conv`` replaces the first 3x3 with its BN and ReLU; ``after_spatial`` stands between these two.
    The modules are those of torchvision's block.
    """

    def __init__(self, block: BasicBlock, placement: Placement, *, size: int, stage: str) -> None:
        super().__init__(
            placement,
            in_channels=block.conv1.in_channels,
            out_channels=block.conv2.out_channels,
            size=size,
            stride=block.stride,
            stage=stage,
            shortcut=block.downsample or nn.Identity(),
            relu=block.relu,
        )
        self.conv1 = spatial(block.conv1, block.bn1, block.relu, placement, size=size, stage=stage)
        self.conv2, self.bn2 = block.conv2, block.bn2

    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.conv1(x)))


class SlottedBottleneck(Residual):
    """1x1 - BN - ReLU; 3x3 - BN - ReLU; 1x1 - BN; add; ReLU. [B, Cin, H, W] -> [B, 4 w, H/s, W/s].

    ``spatial_conv`` replaces the 3x3 with its BN and ReLU; ``after_spatial`` stands between these two. The modules are
    those of torchvision's block. The stride stands wherever the block's convolutions have it, or in a 3x3 average
    pooling before or after the 3x3.

    Args:
        block: torchvision's.
        placement: what goes into which slot.
        size: height and width of the block's input.
        stage: the backbone's name for the group of blocks.
        pooling: ``before`` or ``after``: where a strided block pools, its 3x3 keeping the size; None: nowhere.

    """

    def __init__(
        self, block: Bottleneck, placement: Placement, *, size: int, stage: str, pooling: str | None = None
    ) -> None:
        super().__init__(
            placement,
            in_channels=block.conv1.in_channels,
            out_channels=block.conv3.out_channels,
            size=size,
            stride=block.stride,
            stage=stage,
            shortcut=block.downsample or nn.Identity(),
            relu=block.relu,
        )
        inner = strided(size, block.conv1.stride[0])
        before: list[nn.Module] = []
        after: list[nn.Module] = []
        if pooling is not None and block.stride > 1:
            (before if pooling == "before" else after).append(nn.AvgPool2d(3, block.stride, 1))
            block.conv2.stride = (1, 1)
        if before:
            inner = strided(inner, block.stride)
        middle = spatial(block.conv2, block.bn2, block.relu, placement, size=inner, stage=stage)
        self.conv1, self.bn1 = block.conv1, block.bn1
        self.conv2 = nn.Sequential(*before, middle, *after) if before or after else middle
        self.conv3, self.bn3 = block.conv3, block.bn3

    def residual(self, x: Tensor) -> Tensor:
        return self.bn3(self.conv3(self.conv2(self.relu(self.bn1(self.conv1(x))))))
