"""Tokens of a grid, row by row, and its windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.functional import pad

if TYPE_CHECKING:
    from torch import Tensor


def padded(x: Tensor, size: int) -> Tensor:
    """Return a grid [B, h, w, C] with zeros below and at the right, so that windows of this size tile it."""
    below, right = -x.shape[1] % size, -x.shape[2] % size
    return pad(x, (0, 0, 0, right, 0, below)) if below or right else x


def windows(x: Tensor, size: int) -> Tensor:
    """Return a grid [B, h, w, C] that windows tile as the tokens of each window: [B, windows, size x size, C]."""
    batch, height, width, dim = x.shape
    parted = x.view(batch, height // size, size, width // size, size, dim)
    return parted.transpose(2, 3).reshape(batch, -1, size * size, dim)


def from_windows(x: Tensor, size: int, height: int, width: int) -> Tensor:
    """Return windows [B, windows, size x size, C] as their grid [B, height, width, C]."""
    parted = x.view(x.shape[0], height // size, width // size, size, size, x.shape[-1])
    return parted.transpose(2, 3).reshape(x.shape[0], height, width, x.shape[-1])
