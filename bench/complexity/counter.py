"""What every counter offers, and the one call that applies several to a module."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING, Protocol

import torch

from results.records import Complexity, Count, OperatorCount

from ..modes import modes_restored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    Rule = Callable[[nn.Module, Tensor, Tensor], int]


class Counter(Protocol):
    """Counts the operations of one forward pass by one rule."""

    rule: str

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one call ``module(*inputs)``; the module is in evaluation mode and no gradient is recorded."""


def count_all(module: nn.Module, inputs: tuple[Tensor, ...], counters: Sequence[Counter]) -> Complexity:
    """Count parameters, and operations by every rule. Leaves the modules' modes as they were.

    Args:
        module: what to count, in any mode.
        inputs: of one forward call, batch size 1: totals are per image.
        counters: one column each.

    """
    with modes_restored(module), torch.no_grad():
        module.eval()
        counts = tuple(counter.count(module, inputs) for counter in counters)
    return Complexity(parameters=sum(p.numel() for p in module.parameters()), counts=counts)


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

    def hook(leaf: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        operator, rule = rules[kinds[leaf]]
        earlier = calls[leaf][1] if every_call and leaf in calls else 0
        calls[leaf] = (operator, earlier + rule(leaf, args[0], output))

    kinds = {
        leaf: kind
        for leaf in module.modules()
        # The nearest type that it derives from: authors wrote the plain one.
        if (kind := next((base for base in type(leaf).__mro__ if base in rules), None)) is not None
    }
    handles = [leaf.register_forward_hook(hook) for leaf in kinds]
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
