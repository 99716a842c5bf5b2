"""Split attention (Zhang et al., ResNeSt, arXiv:2004.08955), in the form of the PSK paper's networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..arguments import require_one_or_more
from .selection import Selection, Transform

if TYPE_CHECKING:
    from ..normalizers import NormalizerFactory


class SplitAttention(Selection):
    """Split attention, arXiv:2004.08955: ``radix`` convolutions of the replaced kernel's size, weighted by their sum.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]. The 1x1 convolutions are grouped like the replaced one.

    Args:
        in_channels: Cin.
        out_channels: Cout.
        kernel_size: of every convolution.
        stride: of every convolution.
        groups: of every convolution, and of the 1x1 convolutions.
        radix: how many convolutions.
        normalizer: name, or factory, of the normaliser over them; not used if the radix is 1, which has a sigmoid.

    Raises:
        ValueError: the radix is below 1.

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
        normalizer: str | NormalizerFactory = nn.Softmax,
    ) -> None:
        require_one_or_more(radix=radix)
        super().__init__(
            in_channels,
            out_channels,
            kernels=(kernel_size,) * radix,
            stride=stride,
            groups=groups,
            # Cardinality, radix, channel: the order of the ResNeSt paper's Figure 2.
            blocks=groups,
            normalizer=normalizer,
        )
        if radix == 1:
            # Shared out among one, the weight would always be 1.
            self.normalizer = nn.Sigmoid()
        self.transform = Transform(
            out_channels,
            max(out_channels // 2, groups),
            radix * out_channels,
            groups=groups,
            batch_norm=True,
            bias=False,
            activation=self.activation,
        )
