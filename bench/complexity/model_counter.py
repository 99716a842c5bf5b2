"""Operations that the mathematics of a case needs, known beforehand: nothing is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Count, Unit

if TYPE_CHECKING:
    from torch import Tensor, nn


class ModelCounter:
    """A figure that stands beside what is counted of the operators that ran.

    Args:
        flops: of one forward call, a multiplication with its addition taken as two.

    """

    rule = "model"
    unit = Unit.FLOP

    def __init__(self, flops: int) -> None:
        self._flops = flops

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Return the figure: it belongs to no operator."""
        del module, inputs
        return Count(rule=self.rule, unit=self.unit, total=self._flops, by_operator=())
