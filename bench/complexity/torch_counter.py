"""torch's own FlopCounterMode: convolutions and matrix products only, a multiply-accumulate counted as two."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING

from torch.utils.flop_counter import FlopCounterMode

from results.records import Count, Unit

from .counter import by_operator

if TYPE_CHECKING:
    from torch import Tensor, nn

#: ATen's names -> the names all our counters use. A linear layer runs as addmm.
NAMES = {
    "_convolution": "conv",
    "addmm": "linear",
    "baddbmm": "matmul",
    "bmm": "matmul",
    "convolution": "conv",
    "mm": "matmul",
}


class TorchCounter:
    """FlopCounterMode: exact for convolutions and matrix products, nothing else. Twice the multiply-accumulates."""

    rule = "torch"

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one forward call. Works on the meta device too."""
        with FlopCounterMode(display=False) as mode:
            module(*inputs)
        tally: Tally[str] = Tally()
        for operator, count in mode.get_flop_counts().get("Global", {}).items():
            name = str(operator).removeprefix("aten.").partition(".")[0]
            tally[NAMES.get(name, name)] += int(count)
        return Count(rule=self.rule, unit=Unit.FLOP, total=tally.total(), by_operator=by_operator(tally))
