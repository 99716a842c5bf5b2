"""What every counter offers, and the one call that applies several to a module: each fails alone."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING, Protocol

import torch

from results.records import Complexity, Count, CountFailure, OperatorCount

from ..failures import error_line
from ..modes import modes_restored
from .operators import RanOperators, ran_operators
from .plain_code import hooks_restored, plain_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    from results.records import Unit

    Rule = Callable[[nn.Module, Tensor, Tensor], int]


class Counter(Protocol):
    """Counts the operations of one forward pass by one rule."""

    rule: str
    unit: Unit

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one call ``module(*inputs)``; the module is in evaluation mode and no gradient is recorded."""


#: An operator -> what a rule may call the layer that runs it.
LAYERS = {"batch_norm": ("instance_norm",), "mean": ("adaptive_avg_pool",)}


def count_all(module: nn.Module, inputs: tuple[Tensor, ...], counters: Sequence[Counter]) -> Complexity:
    """Count parameters, and operations by every rule. Leaves the modules' modes as they were.

    The module is called before it is counted: layers that are made at the first call have their parameters then. A rule
    that raises is noted with its cause, and the others go on.

    Args:
        module: what to count, in any mode.
        inputs: of one forward call, batch size 1: totals are per image.
        counters: one column each.

    Raises:
        Exception: whatever the module itself raises when it is called.

    """
    with modes_restored(module), plain_code(), torch.no_grad():
        module.eval()
        ran = ran_operators(module, inputs)
        # Layers that the call made are in training mode.
        module.eval()
        outcomes = [_counted(counter, module, inputs) for counter in counters]
    counts = tuple(each for each in outcomes if isinstance(each, Count))
    uncounted, elementwise = _unknown(ran, counts)
    return Complexity(
        parameters=sum(p.numel() for p in module.parameters()),
        counts=counts,
        failures=tuple(each for each in outcomes if isinstance(each, CountFailure)),
        uncounted=uncounted,
        elementwise=elementwise,
    )


def _counted(counter: Counter, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count | CountFailure:
    with hooks_restored(module):
        try:
            return counter.count(module, inputs)
        except Exception as error:  # noqa: BLE001 - the module runs: what a rule cannot take is no fault of the others
            return CountFailure(rule=counter.rule, unit=counter.unit, error=error_line(error))


def _unknown(ran: RanOperators, counts: Sequence[Count]) -> tuple[tuple[OperatorCount, ...], ...]:
    """Return the operators that ran and that no rule has a figure for: those of any work, and those of little."""
    known = {share.operator for count in counts for share in count.by_operator}
    return tuple(
        by_operator({name: n for name, n in tally.items() if known.isdisjoint((name, *LAYERS.get(name, ())))})
        for tally in (ran.others, ran.proportional)
    )


def count_leaves(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    rules: Mapping[type[nn.Module], tuple[str, Rule]],
    *,
    every_call: bool,
) -> Tally[str]:
    """Count one forward call by the types of the modules in it, in evaluation mode and on the meta device too.

    Args:
        module: to be called.
        inputs: of the call.
        rules: type -> operator, and its count from a module, its first input and its output.
        every_call: of a module that is called several times; else its last call alone.

    Returns:
        Operator -> its count.

    """
    calls: dict[nn.Module, tuple[str, int]] = {}

    def hook(leaf: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Tensor], output: Tensor) -> None:
        operator, rule = rules[kinds[leaf]]
        earlier = calls[leaf][1] if every_call and leaf in calls else 0
        first = next(iter((*args, *kwargs.values())))
        calls[leaf] = (operator, earlier + rule(leaf, first, output))

    kinds = {
        leaf: kind
        for leaf in module.modules()
        # The nearest type that it derives from: authors wrote the plain one.
        if (kind := next((base for base in type(leaf).__mro__ if base in rules), None)) is not None
    }
    handles = [leaf.register_forward_hook(hook, with_kwargs=True) for leaf in kinds]
    try:
        module(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    tally: Tally[str] = Tally()
    for operator, count in calls.values():
        tally[operator] += count
    return tally


def by_operator(counts: Mapping[str, int]) -> tuple[OperatorCount, ...]:
    """Return the operators that count at all, largest first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(OperatorCount(operator, count) for operator, count in ranked if count)
