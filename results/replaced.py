"""The convolution that a branch replaces."""

from __future__ import annotations

from typing import NamedTuple


class Convolution(NamedTuple):
    """A k x k convolution, as far as a branch takes it over."""

    kernel_size: int
    stride: int
    groups: int

    def __str__(self) -> str:
        """Return it in words: ``3×3 convolution of stride 1 in 16 groups``."""
        groups = f"{self.groups} group{'' if self.groups == 1 else 's'}"
        return f"{self.kernel_size}×{self.kernel_size} convolution of stride {self.stride} in {groups}"


#: Where an attention is measured alone: that of the first stage of the PSK paper's ResNeXt.
ALONE = Convolution(kernel_size=3, stride=1, groups=16)
