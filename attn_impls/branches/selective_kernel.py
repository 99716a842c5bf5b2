"""Selective kernel attention (Li et al., arXiv:1903.06586), in the form of the PSK paper's networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from .selection import KERNELS, Selection, Transform

if TYPE_CHECKING:
    from ..normalizers import NormalizerFactory


class SelectiveKernel(Selection):
    """SK, arXiv:1903.06586: 3x3 and a true 5x5, weighted per channel by the pooled sum of both.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]. The transform has a bias and no BN, and half of Cout as its
    width: the only form found that gives the counts of Zhu et al. 2021, Table 2. ``kernel_size``, the kernel that the
    module replaces, is not used: SK brings its own two.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
        normalizer: str | NormalizerFactory = nn.Softmax,
    ) -> None:
        del kernel_size
        super().__init__(
            in_channels,
            out_channels,
            kernels=KERNELS,
            stride=stride,
            groups=groups,
            blocks=1,
            normalizer=normalizer,
        )
        self.transform = Transform(
            out_channels,
            out_channels // 2,
            len(KERNELS) * out_channels,
            groups=1,
            batch_norm=False,
            bias=True,
            activation=self.activation,
        )
