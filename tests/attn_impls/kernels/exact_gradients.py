"""HardSoftmax's gradient in numbers wider than float64, and rows of logits on which it was once wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from attn_impls.kernels import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Extended = NDArray[np.longdouble]


def extended(tensor: Tensor) -> Extended:
    """Give the numbers with 64 bits of precision and exponents up to 2^16383."""
    return tensor.detach().double().numpy().astype(np.longdouble)


def rows_up_to_the_ends(length: int, dtype: torch.dtype) -> Tensor:
    """Give rows of equal logits and of various ones, from one end of the dtype to the other.

    Sums of energies, or their reciprocals, leave float32 or float64 in the rows whose logits are near an end.
    """
    most = torch.finfo(dtype).max
    drawn = torch.randn(length, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = []
    for size in (most, most / 3, most / 30, most / length, most / length / 3, most**0.5, 1.0):
        end = torch.full((length,), size, dtype=torch.float64)
        mixed, few = end.clone(), end.clone()
        mixed[1::2] = -1
        few[length // 2 :] = -size
        # Six standard deviations are within the dtype.
        rows += [end, -end, mixed, few, drawn * (size / 6), -drawn.abs() * (size / 6)]
    return torch.stack(rows).to(dtype)


def exact_gradient(logits: Tensor, grad: Tensor) -> tuple[Extended, Extended]:
    """Give the gradient of each row of HardSoftmax, and the error that its roundings explain.

    They are those of the result in the dtype, and of energies, sums and products in float32 or float64; the weighted
    mean of gradients, which is subtracted, has as many as there are logits.
    """
    x, dy = extended(logits), extended(grad)
    energies = np.where(x > 0, 1 + x, 1 / (1 - np.minimum(x, 0)))
    total = energies.sum(axis=1, keepdims=True)
    slopes = np.minimum(energies, 1) ** 2 / total
    exact = slopes * (dy - (energies * dy).sum(axis=1, keepdims=True) / total)
    size = slopes * (np.abs(dy) + (energies * np.abs(dy)).sum(axis=1, keepdims=True) / total)
    limits, wide = torch.finfo(logits.dtype), torch.finfo(plain.sum_dtype(logits.dtype))
    roundings = (8 + x.shape[1] / 2) * wide.eps
    # Weights below the normal numbers have fewer digits, and are multiplied with differences of gradients.
    below = limits.smallest_normal * limits.eps * (2 + 2 * np.abs(dy).max(axis=1, keepdims=True))
    return exact, np.abs(exact) * limits.eps + size * roundings + below
