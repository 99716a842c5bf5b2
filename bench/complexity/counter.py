"""What every counter offers, and the one call that applies several to a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from results.records import Complexity, Count, OperatorCount

from ..modes import modes_restored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor, nn


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


def by_operator(counts: Mapping[str, int]) -> tuple[OperatorCount, ...]:
    """Return the operators that count at all, largest first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(OperatorCount(operator, count) for operator, count in ranked if count)
