"""Derivatives of the fused operators in Python, and how torch.vmap batches them.

The first derivative is an operator. Where it is to be differentiated once more, under torch.func's transforms, and in
forward mode, the operators compute in plain PyTorch, whose derivatives are PyTorch's own. The C++ library has the same
for the CPU, which costs a tenth of the time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from . import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.library import Library


class _HardSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, operators: Any, logits: Tensor, dim: int) -> Tensor:
        ctx.save_for_backward(logits)
        ctx.operators, ctx.dim = operators, dim
        return operators.hard_softmax(logits, dim)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor, None]:
        return None, ctx.operators.hard_softmax_backward(grad, *ctx.saved_tensors, ctx.dim), None


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, operators: Any, logits: Tensor, dim: int) -> Tensor:
        weights = operators.softmax(logits, dim)
        ctx.save_for_backward(weights)
        ctx.operators, ctx.dim = operators, dim
        return weights

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor, None]:
        return None, ctx.operators.softmax_backward(grad, *ctx.saved_tensors, ctx.dim), None


def _beyond_kernels() -> bool:
    """Return whether PyTorch is asked for more than a derivative by autograd."""
    # The level is that of torch.func.jvp too; there is no public way to ask for either.
    return forward_ad._current_level >= 0 or torch._C._are_functorch_transforms_active()  # noqa: SLF001


def _needs_graph(arguments: tuple[Any, ...]) -> bool:
    return torch.is_grad_enabled() and any(isinstance(each, Tensor) and each.requires_grad for each in arguments)


def _below(operator: Any, *arguments: Any) -> Any:
    with torch._C._AutoDispatchBelowAutograd():  # noqa: SLF001 - as torch.library's own derivatives do
        return operator(*arguments)


def _hard_softmax(operators: Any, logits: Tensor, dim: int) -> Tensor:
    if _beyond_kernels():
        return plain.hard_softmax(logits, dim)
    if not _needs_graph((logits,)):
        return _below(operators.hard_softmax, logits, dim)
    return _HardSoftmax.apply(operators, logits, dim)


def _softmax(operators: Any, logits: Tensor, dim: int) -> Tensor:
    if _beyond_kernels():
        return plain.softmax(logits, dim)
    if not _needs_graph((logits,)):
        return _below(operators.softmax, logits, dim)
    return _Softmax.apply(operators, logits, dim)


def _differentiated(in_plain: Callable[..., Any], operator: Any, *arguments: Any) -> Any:
    if _beyond_kernels() or _needs_graph(arguments):
        return in_plain(*arguments)
    return _below(operator, *arguments)


def _batched(operator: Any, info: Any, in_dims: tuple[int | None, ...], *arguments: Any) -> tuple[Any, Any]:
    """Apply an operator to a batch of arguments: the batch becomes the first dimension, whatever ``dim`` is."""
    *tensors, dim = arguments
    lead = [
        tensor.expand(info.batch_size, *tensor.shape) if at is None else tensor.movedim(at, 0)
        for tensor, at in zip(tensors, in_dims, strict=False)
    ]
    rank = lead[0].dim() - 1
    if not -max(rank, 1) <= dim < max(rank, 1):
        msg = (
            f"Dimension out of range (expected to be in range of [{-max(rank, 1)}, {max(rank, 1) - 1}], but got {dim})"
        )
        raise IndexError(msg)
    if rank == 0:
        lead = [tensor.unsqueeze(1) for tensor in lead]
    result = operator(*lead, dim % max(rank, 1) + 1)
    return result.squeeze(1) if rank == 0 else result, 0


def register(library: Library, namespace: str, names: tuple[str, ...]) -> None:
    """Give the operators of a namespace their derivatives and their rules for batches."""
    operators = getattr(torch.ops, namespace)
    library.impl("hard_softmax", partial(_hard_softmax, operators), "Autograd")
    library.impl("softmax", partial(_softmax, operators), "Autograd")
    for name in names:
        operator = getattr(operators, name).default
        if name not in {"hard_softmax", "softmax"}:
            library.impl(name, partial(_differentiated, getattr(plain, name), operator), "Autograd")
        torch.library.register_vmap(f"{namespace}::{name}", partial(_batched, operator), lib=library)
