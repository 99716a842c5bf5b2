"""What torch dispatched in one call: the names of the operators, and the operations of the products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch._ops import HigherOrderOperator
from torch.utils.flop_counter import flop_registry

from .dispatch import HigherOrderWatch
from .uncompiled import uncompiled, uses_compiler

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch._ops import OpOverload


class Dispatched(NamedTuple):
    """One call."""

    result: object
    """What it returned, run as it is: if something of it is behind torch.compile, compiled."""
    operators: frozenset[str]
    """As torch names them, without their overload: ``aten._softmax``. Of one that is composed of others, its parts; of
    what is behind torch.compile, those that it is compiled from."""
    flops: int
    """Of products of matrices, convolutions and fused attentions, by the formulas of torch's FlopCounterMode: a
    multiplication with its addition is two."""


def dispatched(call: Callable[[], object]) -> Dispatched:
    """Make the call once, watched, in whichever direction it goes.

    FlopCounterMode itself cannot look at gradients with respect to leaves; its formulas can.
    """
    operators: set[str] = set()
    flops = 0

    def look(
        operator: OpOverload | HigherOrderOperator, args: tuple[Any, ...], kwargs: dict[str, Any], result: object
    ) -> None:
        nonlocal flops
        operators.add(str(_packet(operator)))
        formula = _formula(operator)
        if formula is not None:
            flops += int(formula(*args, **kwargs, out_val=result))

    with uncompiled(), HigherOrderWatch(look, parts=True):
        result = call()
    if uses_compiler():
        result = call()
    return Dispatched(result, frozenset(operators), flops)


def _packet(operator: OpOverload | HigherOrderOperator) -> Any:
    return operator if isinstance(operator, HigherOrderOperator) else operator.overloadpacket


def _formula(operator: OpOverload | HigherOrderOperator) -> Callable[..., Any] | None:
    """Return torch's formula of an operator; that of ``baddbmm`` holds for ``baddbmm_``, which it does not name."""
    packet = _packet(operator)
    found = flop_registry.get(packet)
    name = packet.__name__
    if found is None and name.endswith("_") and not name.endswith("__"):
        found = flop_registry.get(getattr(torch.ops.aten, name.removesuffix("_"), None))
    return found
