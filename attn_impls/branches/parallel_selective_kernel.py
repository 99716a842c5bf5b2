"""Parallel selective kernel attention (Zhu et al. 2021, doi:10.3778/j.issn.1002-8331.2010-0085)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import require_odd
from ..normalizers import HardSoftmax
from .selection import KERNELS, Selection, Transform

if TYPE_CHECKING:
    from torch import Tensor

    from ..normalizers import NormalizerFactory

REDUCTION = 4


class ParallelSelectiveKernel(Selection):
    """PSK, Zhu et al. 2021: 3x3 and 5x5, weighted per channel by the module's pooled *input*, in parallel with them.

    [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]. The transform is 1x1 - BN - ReLU - 1x1 of width
    max(Cin, Cout M) / R with M = 2, R = 4, and at least the number of groups where it is grouped.
    ``kernel_size``, the kernel that the module replaces, is not used: PSK brings its own two, also where the paper's
    MobileNet V3 has a 5x5. The authors' module (mengzhu0308/PSK-Attention, PSKConv2d) takes k x k and
    (k + 2) x (k + 2), 5x5 and 7x7 there: ``fixed_kernels=False``. For k = 3 both are the same.

    Args:
        in_channels: Cin.
        out_channels: Cout.
        kernel_size: k; unused by fixed kernels.
        stride: of both convolutions.
        groups: of both convolutions, and of the 1x1 convolutions if they are grouped.
        grouped: grouped 1x1 convolutions (the paper's default) or standard ones (its ablation).
        batch_norm: BN after a first 1x1 without bias, as the text and the authors' module have it; without it, a bias
            and no BN, as the printed counts imply.
        fixed_kernels: 3x3 and 5x5 in place of any kernel; False: k and k + 2, for an odd k.
        normalizer: name, or factory, of the normaliser over the branches.

    Raises:
        ValueError: the kernels are not fixed, and k is even.

    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
        grouped: bool = True,
        batch_norm: bool = True,
        fixed_kernels: bool = True,
        normalizer: str | NormalizerFactory = HardSoftmax,
    ) -> None:
        if not fixed_kernels:
            require_odd(kernel_size=kernel_size)
        super().__init__(
            in_channels,
            out_channels,
            kernels=KERNELS if fixed_kernels else (kernel_size, kernel_size + 2),
            stride=stride,
            groups=groups,
            # The branch index is fastest, as in the authors' module (mengzhu0308/PSK-Attention, PSKConv2d).
            blocks=out_channels,
            normalizer=normalizer,
        )
        transform_groups = groups if grouped else 1
        width = max(in_channels, out_channels * len(KERNELS)) // REDUCTION
        self.transform = Transform(
            in_channels,
            max(width, transform_groups),
            len(KERNELS) * out_channels,
            groups=transform_groups,
            batch_norm=batch_norm,
            bias=not batch_norm,
            activation=self.activation,
        )

    def logits(self, x: Tensor, features: list[Tensor]) -> Tensor:
        del features
        return self.transform(x.mean((2, 3), keepdim=True))
