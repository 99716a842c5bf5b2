"""Squeeze-and-excitation (Hu et al., arXiv:1709.01507)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

EXCITATIONS: dict[str, Callable[[], nn.Module]] = {"sigmoid": nn.Sigmoid, "hard_sigmoid": nn.Hardsigmoid}


class SqueezeExcite(nn.Module):
    """SE, arXiv:1709.01507, eq. 2-4: x * excitation(W2 ReLU(W1 mean(x))), both W with bias. [B, C, H, W] -> same.

    Args:
        channels: C; divisible by the reduction.
        reduction: C over the width of the bottleneck.
        excitation: ``sigmoid``, or ``hard_sigmoid``: relu6(x + 3) / 6.

    Raises:
        ValueError: the reduction does not divide the channels, or the excitation is unknown.

    """

    def __init__(self, channels: int, *, reduction: int = 16, excitation: str = "sigmoid") -> None:
        super().__init__()
        if channels % reduction:
            msg = f"reduction {reduction} does not divide {channels} channels"
            raise ValueError(msg)
        if excitation not in EXCITATIONS:
            msg = f"unknown excitation {excitation!r}; choose from {', '.join(EXCITATIONS)}"
            raise ValueError(msg)
        self.reduce = nn.Conv2d(channels, channels // reduction, 1)
        self.activation = nn.ReLU(inplace=True)
        self.expand = nn.Conv2d(channels // reduction, channels, 1)
        self.excitation = EXCITATIONS[excitation]()

    def forward(self, x: Tensor) -> Tensor:
        squeezed = x.mean((2, 3), keepdim=True)
        return x * self.excitation(self.expand(self.activation(self.reduce(squeezed))))
