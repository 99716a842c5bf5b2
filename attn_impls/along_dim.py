"""What all normalisers have in common."""

from __future__ import annotations

from torch import nn


class AlongDim(nn.Module):
    """Keeps ``dim``, the dimension along which the weights are shared out."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
