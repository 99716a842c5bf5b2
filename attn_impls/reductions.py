"""Mean and maximum over some dimensions, in the form whose backward pass costs least on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor

#: Below this width a sum of a map's elements leaves the range (float16) or rounds twice (bfloat16).
SINGLE_PRECISION_BYTES = 4


def mean(x: Tensor, *dims: int, keepdim: bool = True) -> Tensor:
    """Mean over some dimensions, which are kept with size 1 unless ``keepdim`` is False.

    The backward pass of ``Tensor.mean`` divides a whole map by its size; that of a sum only repeats one number, and the
    division is done on that number. Without a gradient, ``Tensor.mean`` is one operator instead of two.
    """
    if not x.requires_grad or x.dtype.itemsize < SINGLE_PRECISION_BYTES:
        return x.mean(dims, keepdim=keepdim)
    count = 1
    # Not math.prod of a generator, which torch.compile cannot follow.
    for dim in dims:
        count *= x.shape[dim]
    return x.sum(dims, keepdim=keepdim) * (1 / count)


def maximum(x: Tensor, dim: int) -> Tensor:
    """Maximum over a dimension, which is kept with size 1; of several equals, one has the gradient, as in max pooling.

    ``amax`` shares a gradient among equals, in a backward pass that takes several times as long as both passes of
    ``max``. Without a gradient it is the faster one, and the value is the same.
    """
    if torch.is_grad_enabled() and x.requires_grad:
        return x.max(dim, keepdim=True).values
    return x.amax(dim, keepdim=True)
