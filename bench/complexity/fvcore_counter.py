"""fvcore's FlopCountAnalysis: one multiply-accumulate is one "flop".

Two operators are counted here and not by fvcore: fused attention, which it does not know, and einsum, which it rounds.
"""

from __future__ import annotations

import warnings
from collections import Counter as Tally
from math import prod
from typing import TYPE_CHECKING, Any

from results.records import Count, Unit

from .counter import by_operator
from .names import common_name

if TYPE_CHECKING:
    from torch import Tensor, nn

with warnings.catch_warnings():
    # fvcore scripts a function when it is imported, which torch has deprecated; the count does not depend on it.
    warnings.filterwarnings("ignore", message=".*torch.jit.script.* is deprecated")
    from fvcore.nn import FlopCountAnalysis
    from fvcore.nn.jit_handles import einsum_flop_jit

#: Tensors in a product.
PAIR = 2


def attention_macs(inputs: list[Any], outputs: list[Any]) -> int:
    """Return the multiply-accumulates of queries with keys, and of weights with values; of all, masked or not.

    Args:
        inputs: of the graph's node: queries [..., N, D], keys [..., M, D], values [..., M, E] and more.
        outputs: of the node.

    """
    del outputs
    queries, keys, values = (each.type().sizes() for each in inputs[:3])
    return int(prod(queries[:-1]) * keys[-2] * (queries[-1] + values[-1]))


def einsum_macs(inputs: list[Any], outputs: list[Any]) -> float:
    """Return the multiply-accumulates of a sum of products of two tensors, exactly: fvcore reads four digits of a text.

    Args:
        inputs: of the graph's node: the equation, the tensors and more.
        outputs: of the node.

    """
    letters, _, _ = inputs[0].toIValue().replace(" ", "").partition("->")
    operands = letters.split(",")
    shapes = [each.type().sizes() for each in inputs[1].node().inputs()]
    if len(operands) != PAIR or "." in letters:
        # In which order more than two are multiplied is numpy's choice.
        return float(einsum_flop_jit(inputs, outputs))
    sizes: dict[str, int] = {}
    for operand, shape in zip(operands, shapes, strict=True):
        for letter, size in zip(operand, shape, strict=True):
            # A size of 1 stretches to the other one.
            sizes[letter] = max(size, sizes.get(letter, 1))
    return prod(sizes.values())


#: What is counted otherwise than fvcore does it. Attention stands in a traced graph whatever kernel runs it.
HANDLES = {"aten::scaled_dot_product_attention": attention_macs, "aten::einsum": einsum_macs}


class FvcoreCounter:
    """Multiply-accumulates of convolutions (no bias) and products, and fvcore's own figures for norms and pools."""

    rule = "fvcore"
    unit = Unit.MAC

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one forward call by tracing it. The meta device does not work: fvcore crashes on convolutions there."""
        analysis = FlopCountAnalysis(module, inputs).set_op_handle(**HANDLES)
        # What is not counted shows in the table of operators, next to the other counters.
        analysis.unsupported_ops_warnings(enabled=False)
        analysis.uncalled_modules_warnings(enabled=False)
        analysis.tracer_warnings("none")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*torch.jit.trace.* is deprecated")
            counts = analysis.by_operator()
        tally: Tally[str] = Tally()
        for name, count in counts.items():
            tally[common_name(name)] += int(count)
        return Count(rule=self.rule, unit=self.unit, total=tally.total(), by_operator=by_operator(tally))
