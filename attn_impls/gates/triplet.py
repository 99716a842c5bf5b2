"""Triplet attention (Misra et al., arXiv:2010.03045)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..gating import gated
from ..plane_gate import PlaneGate, pool

if TYPE_CHECKING:
    from torch import Tensor


class Triplet(nn.Module):
    """Triplet attention, arXiv:2010.03045, eq. 5: x * (mean of three gates). [B, C, H, W] -> same.

    Each gate is ``sigmoid(BN(f([max x, mean x])))``, both poolings over one of the three dimensions, f a k x k
    convolution without bias over the plane of the other two: ``cw`` over (C, W), pooled over H; ``hc`` over (H, C),
    pooled over W; ``hw`` over (H, W), pooled over C. The paper rotates the map so that each plane lies in front; here
    the small pooled planes are turned, and the gates are added before the one product with x.

    Defaults are those of the official code (landskape-ai/triplet-attention); two arguments that it ignores,
    ``reduction_ratio`` and ``pool_types``, are left out. In training the BN needs more than one value: a batch of 1
    needs a map of more than one position.

    Args:
        channels: C; no weight depends on it.
        kernel_size: k, odd.

    Raises:
        ValueError: the kernel size is not a positive odd number.

    """

    def __init__(self, channels: int, *, kernel_size: int = 7) -> None:  # noqa: ARG002 - the sizes do not depend on it
        super().__init__()
        self.cw = PlaneGate(kernel_size)
        self.hc = PlaneGate(kernel_size)
        self.hw = PlaneGate(kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        # Each a third, while they are small: a division of their sum would be one more map.
        across_height = self.cw(pool(x, 2).permute(0, 2, 1, 3)).permute(0, 2, 1, 3) / 3
        across_width = self.hc(pool(x, 3).permute(0, 3, 2, 1)).permute(0, 3, 2, 1) / 3
        across_channels = self.hw(pool(x, 1)) / 3
        return gated(x, across_height + across_width + across_channels)
