"""fvcore's FlopCountAnalysis, as it counts by itself: one multiply-accumulate is one "flop"."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from results.records import Count, Unit

from .counter import by_operator

if TYPE_CHECKING:
    from torch import Tensor, nn

with warnings.catch_warnings():
    # fvcore scripts a function when it is imported, which torch has deprecated; the count does not depend on it.
    warnings.filterwarnings("ignore", message=".*torch.jit.script.* is deprecated")
    from fvcore.nn import FlopCountAnalysis

#: fvcore's names -> the names all our counters use.
NAMES = {"adaptive_avg_pool2d": "adaptive_avg_pool", "bmm": "matmul", "upsample_nearest2d": "upsample"}


class FvcoreCounter:
    """Multiply-accumulates of convolutions (no bias) and products, and fvcore's own figures for norms and pools."""

    rule = "fvcore"

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one forward call by tracing it. The meta device does not work: fvcore crashes on convolutions there."""
        analysis = FlopCountAnalysis(module, inputs)
        # What is not counted shows in the table of operators, next to the other counters.
        analysis.unsupported_ops_warnings(enabled=False)
        analysis.uncalled_modules_warnings(enabled=False)
        analysis.tracer_warnings("none")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*torch.jit.trace.* is deprecated")
            counts = {NAMES.get(name, name): int(count) for name, count in analysis.by_operator().items()}
        return Count(rule=self.rule, unit=Unit.MAC, total=sum(counts.values()), by_operator=by_operator(counts))
