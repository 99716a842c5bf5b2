"""Selective kernel attention (Li et al., arXiv:1903.06586), as in its authors' networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..arguments import bottleneck_width
from .selection import Selection, Transform, pooled_sum

if TYPE_CHECKING:
    from torch import Tensor

    from ..normalizers import NormalizerFactory

KERNEL = 3
FEWEST_BRANCHES = 2


class OfficialSelectiveKernel(Selection):
    """SK, arXiv:1903.06586: 3x3 convolutions of dilation 1, 2, ..., weighted per channel by their pooled sum.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]. The weights are normaliser(A z) over the M branches with
    z = ReLU(BN(W GAP(U_1 + ... + U_M))) of width d = max(Cout / r, L); neither W nor A has a bias, as in the authors'
    definitions (implus/SKNet). A dilated 3x3 stands for the paper's "5x5". ``kernel_size``, the kernel that the module
    replaces, is not used: SK brings its own.

    Args:
        in_channels: Cin.
        out_channels: Cout.
        kernel_size: unused.
        stride: of every 3x3 convolution.
        groups: of every 3x3 convolution.
        branches: M.
        reduction: r.
        minimum_width: L.
        normalizer: name, or factory, of the normaliser over the branches.

    Raises:
        ValueError: fewer than two branches, or the reduction is below 1.

    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int = KERNEL,
        stride: int = 1,
        groups: int = 1,
        branches: int = 2,
        reduction: int = 16,
        minimum_width: int = 32,
        normalizer: str | NormalizerFactory = nn.Softmax,
    ) -> None:
        del kernel_size
        if branches < FEWEST_BRANCHES:
            msg = f"branches must be at least {FEWEST_BRANCHES}, not {branches}"
            raise ValueError(msg)
        width = bottleneck_width(out_channels, reduction, least=minimum_width)
        super().__init__(
            in_channels,
            out_channels,
            kernels=(KERNEL,) * branches,
            dilations=range(1, branches + 1),
            stride=stride,
            groups=groups,
            blocks=1,
            normalizer=normalizer,
        )
        self.transform = Transform(
            out_channels,
            width,
            branches * out_channels,
            groups=1,
            batch_norm=True,
            bias=False,
            expand_bias=False,
            activation=self.activation,
        )

    def logits(self, x: Tensor, features: list[Tensor]) -> Tensor:
        del x
        return self.transform(pooled_sum(features))
