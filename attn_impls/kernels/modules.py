"""The fused kernels as modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..along_dim import AlongDim
from .operators import hard_softmax, softmax

if TYPE_CHECKING:
    from torch import Tensor


class FusedHardSoftmax(AlongDim):
    """HardSoftmax (Zhu et al. 2021) in one pass over memory: by a kernel in C++ on the CPU, in Triton on CUDA."""

    def forward(self, logits: Tensor) -> Tensor:
        return hard_softmax(logits, self.dim)


class FusedSoftmax(AlongDim):
    """Softmax by a kernel of the same construction as FusedHardSoftmax's."""

    def forward(self, logits: Tensor) -> Tensor:
        return softmax(logits, self.dim)
