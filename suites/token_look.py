"""What is found of an attention between tokens before it is timed: its values, its kernel, its operations."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attn_impls.tokens.sdpa import AUTO, ScaledDotProduct
from bench.dispatched import dispatched
from bench.peak import peak_flops_per_s
from results.records import Backend, Direction, Ran, Refusal
from results.text import message

from .token_values import check_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import nn

    from attn_impls import Spec
    from results.records import Case

    from .call import Call

#: What an operator of torch's attention begins with -> the kernel. Of the math kernel the softmax has an operator of
#: its own, the only one that nothing else calls.
OPERATORS: Mapping[str, Backend] = MappingProxyType(
    {
        "aten._scaled_dot_product_flash_attention": Backend.FLASH,
        "aten._scaled_dot_product_efficient_attention": Backend.EFFICIENT,
        "aten._scaled_dot_product_cudnn_attention": Backend.CUDNN,
        "aten._safe_softmax": Backend.MATH,
    }
)


def look(call: Call, module: nn.Module, spec: Spec, case: Case) -> Ran:
    """Make the call once, and say what torch dispatched in it, and how far its results are from their definition.

    A backward pass alone tells its own operators: the forward pass ran when the graph was made.

    Raises:
        WrongValuesError: they are further from it than is allowed.

    """
    seen = dispatched(call)
    operators = seen.operators
    if case.direction is Direction.BACKWARD:
        operators |= dispatched(lambda: module(*case.input.draw(case.dtype, case.device))).operators
    asked = module.backend if isinstance(module, ScaledDotProduct) else None
    return Ran(
        asked=asked,
        backends=backends(operators),
        refused=_refused(module, case) if isinstance(module, ScaledDotProduct) and asked == AUTO else (),
        agreement=check_values(module, spec, case, seen.result),
        executed_flops=seen.flops,
        peak_flops_per_s=peak_flops_per_s(case.device, case.dtype),
    )


def backends(operators: Iterable[str]) -> tuple[Backend, ...]:
    """Return which of torch's kernels have operators among these."""
    names = tuple(operators)
    return tuple(backend for prefix, backend in OPERATORS.items() if any(name.startswith(prefix) for name in names))


def _refused(module: ScaledDotProduct, case: Case) -> tuple[Refusal, ...]:
    inputs = case.input.draw(case.dtype, case.device)
    training = case.direction is not Direction.FORWARD
    found = module.refusals(*(x.requires_grad_(training) for x in inputs))
    return tuple(Refusal(Backend(name), message(reason)) for name, reason in found.items())
