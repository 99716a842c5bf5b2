"""The block of MobileNetV2 and V3 (Sandler et al., arXiv:1801.04381), with named slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from .sites import map_site, spatial, strided

if TYPE_CHECKING:
    from ..host import Placement


class SlottedInvertedResidual(nn.Module):
    """(1x1 - BN - act); k x k depthwise - BN - act; (SE); 1x1 - BN; add where shapes agree.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)].

    ``spatial_conv`` replaces the depthwise convolution, its BN and activation; ``after_spatial`` stands between that BN
    and that activation, ``spatial_output`` after all three; ``squeeze_excite`` replaces the block's own attention,
    where it has one; ``block_output`` stands after the last BN, before the addition.

    Args:
        placement: what goes into which slot.
        expand: the first 1x1 with its BN and activation; the identity where there is none.
        conv: the depthwise convolution.
        norm: its BN.
        activation: what follows that BN.
        squeeze_excite: the block's own attention, if it has one.
        project: the last 1x1 with its BN.
        residual: whether the input is added to the output.
        channels: of the block's output.
        size: height and width of the block's input.
        stage: the backbone's name for the group of blocks.

    """

    def __init__(
        self,
        placement: Placement,
        *,
        expand: nn.Module,
        conv: nn.Conv2d,
        norm: nn.Module,
        activation: nn.Module,
        project: nn.Module,
        residual: bool,
        channels: int,
        size: int,
        stage: str,
        squeeze_excite: nn.Module | None = None,
    ) -> None:
        super().__init__()
        inner = map_site(conv.out_channels, size=strided(size, conv.stride[0]), stage=stage)
        self.site = map_site(channels, size=inner.height, stage=stage)
        self.expand = expand
        self.spatial = spatial(conv, norm, activation, placement, size=size, stage=stage)
        self.spatial_output = placement.gate_at("spatial_output", inner)
        self.squeeze_excite: nn.Module = nn.Identity()
        if squeeze_excite is not None:
            self.squeeze_excite = placement.at("squeeze_excite", inner) or squeeze_excite
        self.project = project
        self.block_output = placement.gate_at("block_output", self.site)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.squeeze_excite(self.spatial_output(self.spatial(self.expand(x))))
        y = self.block_output(self.project(y))
        return x + y if self.residual else y
