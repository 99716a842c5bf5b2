"""Gather-excite with a global extent (Hu et al., GENet, arXiv:1810.12348)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..arguments import bottleneck_width
from ..pointwise import Pointwise
from ..reductions import mean


class GatherExciteMinus(nn.Module):
    """GE-theta-minus, arXiv:1810.12348: x * sigmoid(mean(x)), without parameters. [B, C, H, W] -> same, any H and W.

    Args:
        channels: ignored: every map gates itself.

    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        del channels

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(mean(x, 2, 3))


class WholeMap(nn.Conv2d):
    """Depthwise convolution whose kernel is as large as its map, without bias: [B, C, H, W] -> [B, C, 1, 1].

    Weights, names and values are those of ``nn.Conv2d(C, C, (H, W), groups=C, bias=False)``; convolutions are slow for
    kernels of this size. Where no gradient is recorded it is a product of matrices, in which every counting rule finds
    the convolution's multiply-adds; in training it is a product and a sum, whose backward pass is several times
    cheaper, and in which rules that look at operators find none.
    """

    def __init__(self, channels: int, *, height: int, width: int) -> None:
        super().__init__(channels, channels, (height, width), groups=channels, bias=False)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the base class names it so
        if input.shape[2:] != self.kernel_size:
            built, given = ("x".join(map(str, size)) for size in (self.kernel_size, input.shape[2:]))
            msg = f"built for maps of {built}, not {given}; ge/theta_minus takes any size"
            raise ValueError(msg)
        if torch.is_grad_enabled():
            return (input * self.weight.squeeze(1)).sum((2, 3), keepdim=True)
        # One row a channel, times the samples as columns: a single column would take many times as long.
        rows, samples = self.weight.flatten(1)[:, None], input.flatten(2).permute(1, 2, 0)
        return torch.bmm(rows, samples).permute(2, 0, 1)[..., None]


class GatherExcite(nn.Module):
    """GE-theta, arXiv:1810.12348: x * sigmoid(BN(depthwise convolution over the whole map)). [B, C, H, W] -> same.

    With ``bottleneck`` it is GE-theta-plus: two 1x1 convolutions with biases follow the BN, as in squeeze-and-
    excitation: C to C / reduction, ReLU, back to C. Sizes are those of the official networks (hujie-frank/GENet); the
    paper's smaller extents are not here.

    Args:
        channels: C.
        height: H, fixed.
        width: W, fixed.
        bottleneck: theta-plus.
        reduction: C over the width of the bottleneck, which is rounded down, but never below 1; 16 in the paper.

    Raises:
        ValueError: the reduction is below 1; when called, a map has another size.

    """

    def __init__(
        self, channels: int, *, height: int, width: int, bottleneck: bool = False, reduction: int = 16
    ) -> None:
        super().__init__()
        hidden = bottleneck_width(channels, reduction)
        self.gather = WholeMap(channels, height=height, width=width)
        self.norm = nn.BatchNorm2d(channels)
        self.excite = (
            nn.Sequential(Pointwise(channels, hidden), nn.ReLU(inplace=True), Pointwise(hidden, channels))
            if bottleneck
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.excite(self.norm(self.gather(x))))
