"""The fused kernels as modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..along_dim import AlongDim
from .building import BuildError
from .operators import PLAIN, hard_softmax, implementation, softmax

if TYPE_CHECKING:
    from torch import Tensor


class Fused(AlongDim):
    """A normaliser by kernels of its own; plain PyTorch stands in for them where they cannot be had."""

    def require_kernels(self, device: str) -> None:
        """See that there are kernels for a device, such as ``cuda:0``.

        Raises:
            BuildError: there are none; the message says why.

        """
        found = implementation(device)
        if found.startswith(PLAIN):
            msg = f"no fused kernels on {device}: {found}"
            raise BuildError(msg)


class FusedHardSoftmax(Fused):
    """HardSoftmax (Zhu et al. 2021) by kernels that read short rows once: C++ on the CPU, Triton on CUDA."""

    def forward(self, logits: Tensor) -> Tensor:
        return hard_softmax(logits, self.dim)


class FusedSoftmax(Fused):
    """Softmax by a kernel of the same construction as FusedHardSoftmax's."""

    def forward(self, logits: Tensor) -> Tensor:
        return softmax(logits, self.dim)
