"""Which operator's result showed a fault first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from results.numerics import Fault

from ..dispatch import OperatorWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from torch._ops import OpOverload


class Step(NamedTuple):
    """One operator that ran, and what its result looks like."""

    operator: str
    nan: bool
    infinite: bool
    zeros: bool
    """All of one of its results."""


def trace(call: Callable[[], object]) -> list[Step]:
    """Run the call once and return its operators in their order."""
    steps: list[Step] = []

    def look(operator: OpOverload, args: object, kwargs: object, result: object) -> None:
        del args, kwargs
        made = _floating((result,))
        if made:
            step = Step(
                str(operator.overloadpacket),
                nan=any(bool(each.isnan().any()) for each in made),
                infinite=any(bool(each.isinf().any()) for each in made),
                zeros=any(bool((each == 0).all()) for each in made),
            )
            steps.append(step)

    with OperatorWatch(look):
        call()
    return steps


def first_operator(fails: Sequence[Step], works: Sequence[Step], fault: Fault) -> str | None:
    """Return the first operator whose result has gone wrong between inputs that work and their failing neighbours.

    An infinite number counts whatever the fault: a sum that overflows makes zeros later. None if no operator is to
    blame: rows that sum to another number than 1 are made by all of them together.

    Args:
        fails: the operators that ran on the inputs that fail.
        works: those on inputs that work; empty if there are none, and the first NaN or infinite result is looked for.
        fault: what is wrong with the end result.

    """
    zeros = fault in {Fault.ZEROS, Fault.VANISHED}
    for index, step in enumerate(fails):
        before = works[index] if index < len(works) else Step(step.operator, nan=False, infinite=False, zeros=True)
        if before.operator != step.operator:
            # The two took different ways: nothing later can be compared.
            return None
        newly_infinite = step.infinite and not before.infinite and (bool(works) or fault is Fault.INF)
        if (step.nan and not before.nan) or newly_infinite or (zeros and step.zeros and not before.zeros):
            return step.operator
    return None


def _floating(values: Sequence[object]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel():
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _floating(value)
    return found
