"""Split attention (Zhang et al., ResNeSt, arXiv:2004.08955), in the form of the PSK paper's networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .selection import Selection, Transform

if TYPE_CHECKING:
    from torch import Tensor


class SplitAttention(Selection):
    """Split attention, arXiv:2004.08955: ``radix`` convolutions of the replaced kernel's size, weighted by their sum.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]. The 1x1 convolutions are grouped like the replaced one.
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
        normalizer: str = "softmax",
    ) -> None:
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
        self.transform = Transform(
            out_channels,
            max(out_channels // 2, groups),
            radix * out_channels,
            groups=groups,
            batch_norm=True,
            bias=False,
            activation=self.activation,
        )

    def logits(self, x: Tensor, features: list[Tensor]) -> Tensor:
        del x
        return self.transform(sum(features[1:], features[0]).mean((2, 3), keepdim=True))
