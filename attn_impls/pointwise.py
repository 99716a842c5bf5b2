"""The 1x1 convolution of gates, without the cost of a convolution where the map is a single position."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Pointwise(nn.Conv2d):
    """1x1 convolution, [B, Cin, H, W] -> [B, Cout, H, W], computed on a 1x1 map as the matrix product that it is.

    Pooled features may come without their map, too: [B, Cin] -> [B, Cout].

    Weights, names and values are those of ``nn.Conv2d(in_channels, out_channels, 1)``; so are the counts of every
    counting rule, because it is one. On pooled features a product is several times cheaper to launch on a CPU.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = True) -> None:
        super().__init__(in_channels, out_channels, 1, bias=bias)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the base class names it so
        if input.dim() == 2:  # noqa: PLR2004 - [B, Cin]
            return functional.linear(input, self.weight.flatten(1), self.bias)
        if input.shape[2:] != (1, 1):
            return super().forward(input)
        product = functional.linear(input.flatten(1), self.weight.flatten(1), self.bias)
        return product.view(input.shape[0], self.out_channels, 1, 1)
