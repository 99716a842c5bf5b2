"""What the fused kernels compute, in plain PyTorch: for devices without a kernel, and where no compiler is found.

Every function here can be differentiated any number of times, forward and backward, and vectorised: second derivatives,
forward-mode derivatives and torch.func go through them on all devices. Where two pieces of E meet, at x = 0, their
derivatives are those of 1 / (1 - x).

``weights`` and gradients have the shape and dtype of the logits. Sums are in float32 at least.
"""

from __future__ import annotations

import torch
from torch import Tensor


def sum_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return what sums over this dtype are kept in: float64 for float64, otherwise float32."""
    return torch.float64 if dtype is torch.float64 else torch.float32


def hard_softmax_with_sums(logits: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return the weights, and the sums of energies with a 1 in place of ``dim``.

    Energies are divided by the row's largest before they are summed, so that no finite logits overflow. A sum beyond
    the dtype is given as its largest number. A row with a NaN or +inf, or with nothing but -inf, is NaN.
    """
    x = logits.to(sum_dtype(logits.dtype))
    if not x.numel():
        return logits.clone(memory_format=torch.contiguous_format), x.sum(dim, keepdim=True)
    # It cancels in the weights and in the sums: no derivative flows through it.
    most = x.detach().amax(dim, keepdim=True)
    above = 1 + most.abs()
    positive = x > 0
    # E / E(most). Far below 0 both energies are tiny, but not the quotient (1 - most) / (1 - x) of finite numbers.
    # The inner where keeps 1 - x away from 0 where x > 0: otherwise its derivative at x = 1 is NaN.
    below = torch.where(most > 0, 1 / above, above) / (1 - torch.where(positive, 0, x))
    shares = torch.where(positive, (1 + x) / above, below)
    total = shares.sum(dim, keepdim=True)
    weights = torch.where(most.isinf(), torch.nan, shares / total)
    sums = torch.where(most > 0, total * above, total / above).clamp(max=torch.finfo(x.dtype).max)
    return weights.to(logits.dtype).contiguous(), sums.contiguous()


def hard_softmax(logits: Tensor, dim: int) -> Tensor:
    """Return the weights alone."""
    return hard_softmax_with_sums(logits, dim)[0]


def _energies(weights: Tensor, sums: Tensor) -> tuple[Tensor, Tensor]:
    """Return E = weights S, and where it is that of a logit below or at 0.

    From rounded weights E(0) is 1 but for a unit in the last place, and the sum's own rounding.
    """
    energies = weights.to(sums.dtype) * sums
    return energies, energies <= 1 + torch.finfo(weights.dtype).eps + torch.finfo(sums.dtype).eps


def hard_softmax_backward(grad: Tensor, weights: Tensor, sums: Tensor, dim: int) -> Tensor:
    """Return the gradient of the logits: s (grad - sum(grad weights)) / S with s = dE/dx = min(1, E)^2, E = weights S.

    Neither the logits nor a second look at the pieces of E is needed.
    """
    y, dy = weights.to(sums.dtype), grad.to(sums.dtype)
    dot = (y * dy).sum(dim, keepdim=True)
    energies, below = _energies(weights, sums)
    # min(1, E) and min(1, E) / S stay finite where S or 1 / S does not. Above 0, S is more than 1.
    share = torch.where(below, y, 1 / sums.clamp(min=1))
    gradient = torch.where(below, energies, 1) * (share * (dy - dot))
    return gradient.to(weights.dtype).contiguous()


def hard_softmax_sums_backward(grad: Tensor, weights: Tensor, sums: Tensor) -> Tensor:
    """Return the gradient of the logits for a gradient of the sums: grad s. Second derivatives alone need it."""
    energies, below = _energies(weights, sums)
    slope = torch.where(below, energies, 1)
    return (grad * slope * slope).to(weights.dtype).contiguous()


def hard_softmax_pair_backward(grad: Tensor, logits: Tensor, dim: int) -> Tensor:
    """Return the gradient of two logits along ``dim``, from the logits alone: their weights are computed again."""
    weights, sums = hard_softmax_with_sums(logits.to(sum_dtype(logits.dtype)), dim)
    return hard_softmax_backward(grad, weights, sums, dim).to(logits.dtype)


def softmax(logits: Tensor, dim: int) -> Tensor:
    """Return PyTorch's own softmax."""
    return torch.softmax(logits, dim).contiguous()


def softmax_backward(grad: Tensor, weights: Tensor, dim: int) -> Tensor:
    """Return the gradient of the logits: weights (grad - sum(grad weights))."""
    dtype = sum_dtype(weights.dtype)
    y, dy = weights.to(dtype), grad.to(dtype)
    return (y * (dy - (y * dy).sum(dim, keepdim=True))).to(weights.dtype).contiguous()
