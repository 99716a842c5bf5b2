"""What the fused kernels compute, in plain PyTorch: for devices without a kernel, and where no compiler is found.

Every function here can be differentiated any number of times, forward and backward, and vectorised: second derivatives,
forward-mode derivatives and torch.func go through them on all devices. Where two pieces of E meet, at x = 0, their
derivatives are those of 1 / (1 - x).

Weights and gradients have the shape and dtype of the logits. Sums are in float32 at least.
"""

from __future__ import annotations

import torch
from torch import Tensor


def sum_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return what sums over this dtype are kept in: float64 for float64, otherwise float32."""
    return torch.float64 if dtype is torch.float64 else torch.float32


def _shares(logits: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return the energies over the row's largest, E / E(most), and 1 + |most|.

    No derivative flows through the largest: it cancels in weights and in gradients.
    """
    most = logits.detach().amax(dim, keepdim=True)
    above = 1 + most.abs()
    positive = logits > 0
    # Far below 0 both energies are tiny, but not the quotient (1 - most) / (1 - x) of finite numbers.
    # The inner where keeps 1 - x away from 0 where x > 0: otherwise its derivative at x = 1 is NaN.
    below = torch.where(most > 0, 1 / above, above) / (1 - torch.where(positive, 0, logits))
    shares = torch.where(positive, (1 + logits) / above, below)
    # A row with +inf, or with nothing but -inf, has no weights.
    return torch.where(most.isinf(), torch.nan, shares), above


def hard_softmax(logits: Tensor, dim: int) -> Tensor:
    """Return the weights.

    Energies are divided by the row's largest before they are summed, so that no finite logits overflow. A row with a
    NaN or +inf, or with nothing but -inf, is NaN.
    """
    if not logits.numel():
        return _of_nothing(logits, dim)
    shares, _ = _shares(logits.to(sum_dtype(logits.dtype)), dim)
    return (shares / shares.sum(dim, keepdim=True)).to(logits.dtype).contiguous()


def _of_nothing(logits: Tensor, dim: int) -> Tensor:
    # The sum refuses a dimension that is not there.
    return (logits - logits.sum(dim, keepdim=True)).contiguous()


def hard_softmax_backward(grad: Tensor, logits: Tensor, dim: int) -> Tensor:
    """Return the gradient of the logits: s (grad - sum(grad weights)) / S with s = dE/dx = min(1, E)^2.

    From the logits: weights that have been rounded to half precision would give dE/dx with twice their error.
    """
    if not logits.numel():
        return _of_nothing(logits, dim)
    dtype = sum_dtype(logits.dtype)
    x, dy = logits.to(dtype), grad.to(dtype)
    shares, above = _shares(x, dim)
    total = shares.sum(dim, keepdim=True)
    weights = shares / total
    difference = dy - (weights * dy).sum(dim, keepdim=True)
    # Where x > 0, s = 1 and the largest energy is ``above``: S = total above. Elsewhere s / S = E weights. Neither S
    # nor 1 / S is ever computed: both may leave the dtype.
    positive = x > 0
    energies = 1 / (1 - torch.where(positive, 0, x))
    gradient = torch.where(positive, difference / total / above, energies * (weights * difference))
    return gradient.to(logits.dtype).contiguous()


def softmax(logits: Tensor, dim: int) -> Tensor:
    """Return PyTorch's own softmax."""
    return torch.softmax(logits, dim).contiguous()


def softmax_backward(grad: Tensor, weights: Tensor, dim: int) -> Tensor:
    """Return the gradient of the logits: weights (grad - sum(grad weights))."""
    dtype = sum_dtype(weights.dtype)
    y, dy = weights.to(dtype), grad.to(dtype)
    return (y * (dy - (y * dy).sum(dim, keepdim=True))).to(weights.dtype).contiguous()
