"""Split attention (Zhang et al., ResNeSt, arXiv:2004.08955), as in its authors' networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..arguments import bottleneck_width, require_one_or_more
from ..normalizers import make_normalizer
from .selection import Transform, by_branch, pooled_sum, weighted_sum

if TYPE_CHECKING:
    from torch import Tensor

    from ..normalizers import NormalizerFactory

MINIMUM_WIDTH = 32


class OfficialSplitAttention(nn.Module):
    """Split attention, arXiv:2004.08955: one convolution for all ``radix`` splits, weighted per channel by their sum.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]. The convolution has radix * Cout outputs and groups * radix
    groups, so that each split sees its own share of the inputs. The weights are computed from the splits' pooled sum:
    1x1 - BN - ReLU - 1x1 of width max(Cin radix / 4, 32), grouped by cardinality, with biases, then a softmax over the
    splits; the sigmoid if there is one split (zhanghang1989/ResNeSt).

    Args:
        in_channels: Cin; divisible by groups * radix.
        out_channels: Cout.
        kernel_size: of the convolution.
        stride: of the convolution.
        groups: the cardinality.
        radix: how many splits.
        reduction: Cin radix over the width.
        normalizer: name, or factory, of the normaliser over the splits; not used if the radix is 1.

    Raises:
        ValueError: the radix or the reduction is below 1, or a number of channels is not divisible by its groups.

    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
        radix: int = 2,
        reduction: int = 4,
        normalizer: str | NormalizerFactory = nn.Softmax,
    ) -> None:
        super().__init__()
        require_one_or_more(radix=radix)
        width = bottleneck_width(in_channels * radix, reduction, least=MINIMUM_WIDTH)
        if in_channels % (groups * radix):
            msg = f"{groups} groups x radix {radix} do not divide {in_channels} input channels"
            raise ValueError(msg)
        self.radix = radix
        self.cardinality = groups
        self.convolution = nn.Conv2d(
            in_channels,
            radix * out_channels,
            kernel_size,
            stride,
            kernel_size // 2,
            groups=groups * radix,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(radix * out_channels)
        self.activation = nn.ReLU(inplace=True)
        self.transform = Transform(
            out_channels,
            width,
            radix * out_channels,
            groups=groups,
            batch_norm=True,
            bias=True,
            activation=self.activation,
        )
        self.normalizer = make_normalizer(normalizer, 1) if radix > 1 else nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        features = self.activation(self.norm(self.convolution(x)))
        batch, channels, height, width = features.shape
        splits = features.view(batch, self.radix, channels // self.radix, height, width).unbind(1)
        logits = by_branch(self.transform(pooled_sum(splits)), branches=self.radix, blocks=self.cardinality)
        return weighted_sum(splits, self.normalizer(logits))
