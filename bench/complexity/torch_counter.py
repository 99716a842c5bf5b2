"""torch's own FlopCounterMode: convolutions and matrix products only, a multiply-accumulate counted as two."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING

from torch.utils.flop_counter import FlopCounterMode

from results.records import Count, Unit

from .counter import by_operator
from .names import common_name

if TYPE_CHECKING:
    from torch import Tensor, nn


class TorchCounter:
    """FlopCounterMode: exact for convolutions and matrix products, nothing else. Twice the multiply-accumulates."""

    rule = "torch"
    unit = Unit.FLOP

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one forward call. Works on the meta device too."""
        with FlopCounterMode(display=False) as mode:
            module(*inputs)
        tally: Tally[str] = Tally()
        for operator, count in mode.get_flop_counts().get("Global", {}).items():
            tally[common_name(str(operator).removeprefix("aten."))] += int(count)
        return Count(rule=self.rule, unit=self.unit, total=tally.total(), by_operator=by_operator(tally))
