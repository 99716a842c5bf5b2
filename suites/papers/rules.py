"""What papers count: parameters, and operations of one forward pass. The names are those of the conventions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_impls import Family
from attn_impls.spec import resolve

if TYPE_CHECKING:
    from torch import Tensor, nn

    from attn_impls import Registry
    from bench.complexity.counter import Counter
    from bench.complexity.shares import Shares

SIZES = ("parameters", "parameters_and_statistics")
#: Multiply-accumulates of convolutions and matrix products, exactly.
MACS = "macs"
#: What torch's FlopCounterMode counts: each of them as two operations.
TORCH = "torch"
AS_SOFTMAX = "torchstat_normalizers_as_softmax"
OPERATIONS = (
    MACS,
    TORCH,
    "torchstat",
    AS_SOFTMAX,
    "thop_2019",
    "thop_2019_pooling",
    "thop_2020",
    "ptflops",
    "conv_linear",
    "macs_softmax",
    "macs_norms",
    "macs_fvcore_norms",
    "macs_fvcore_norms_softmax",
    "macs_of_image",
)
#: fvcore's operations for an element of a norm with weight and bias, in evaluation.
FVCORE_LAYER_NORM, FVCORE_BATCH_NORM = 5, 2
#: What ptflops adds for modules that hang in several places of a network; how ours are put together is not the papers'.
PLACES = "shared modules, again"
#: What every buffer of a batch norm that Caffe keeps like parameters is called.
STATISTICS = ("running_mean", "running_var")


def sizes(module: nn.Module) -> dict[str, int]:
    """Count the elements of all parameters, and with the running means and variances of batch norms."""
    parameters = sum(parameter.numel() for parameter in module.parameters())
    statistics = sum(buffer.numel() for name, buffer in module.named_buffers() if name.endswith(STATISTICS))
    return dict(zip(SIZES, (parameters, parameters + statistics), strict=True))


def operations(module: nn.Module, x: Tensor, registry: Registry) -> dict[str, int]:
    """Count one forward pass by every rule at once; works on the meta device."""
    from bench.complexity.plain_code import plain_code
    from bench.complexity.shares import SharesMode

    with plain_code(), SharesMode(module) as mode:
        counted = count_together(module, x, counters(registry))
    return {**counted, **sums(mode.shares())}


def sums(shares: Shares) -> dict[str, int]:
    """Return what papers count as sums of parts of the network."""
    from bench.complexity.shares import FLOPS_OF_MAC

    without_matmul = shares.convolution + shares.linear
    macs = without_matmul + shares.matmul
    norms = shares.layer_norm_elements + shares.batch_norm_elements
    fvcore_norms = FVCORE_LAYER_NORM * shares.layer_norm_elements + FVCORE_BATCH_NORM * shares.batch_norm_elements
    return {
        MACS: macs,
        TORCH: FLOPS_OF_MAC * macs,
        "conv_linear": without_matmul,
        "macs_softmax": macs + shares.softmax_elements,
        "macs_norms": macs + norms,
        "macs_fvcore_norms": macs + fvcore_norms,
        "macs_fvcore_norms_softmax": macs + fvcore_norms + shares.softmax_elements,
        "macs_of_image": macs - shares.constant,
    }


def counters(registry: Registry) -> tuple[Counter, ...]:
    """Return the rules that papers are known to use.

    Those of convolutions and products come from ``sums``. torchstat counts nn.Softmax and nothing else that normalises;
    its sibling here counts every normaliser like it.
    """
    from bench.complexity.ptflops_counter import PtflopsCounter
    from bench.complexity.thop import ThopCounter, Year
    from bench.complexity.torchstat import TorchstatCounter

    normalizers = [resolve(spec.factory) for spec in registry.specs.values() if spec.family == Family.NORMALIZER]
    types = tuple(factory for factory in normalizers if isinstance(factory, type))
    return (
        TorchstatCounter(),
        TorchstatCounter(types, rule=AS_SOFTMAX),
        ThopCounter(Year.Y2019),
        ThopCounter(Year.Y2019, pooling=True),
        ThopCounter(Year.Y2020),
        PtflopsCounter(),
    )


def count_together(module: nn.Module, x: Tensor, several: tuple[Counter, ...]) -> dict[str, int]:
    """Count by several rules in one forward pass, which takes longer than all of the counting.

    A counter calls what it is given once. Each is given a module that holds the network, and that asks the next
    counter instead of running it; the last runs the network, while all of them are watching.
    """
    from torch import nn

    totals: dict[str, int] = {}

    class Watched(nn.Module):
        def __init__(self, remaining: tuple[Counter, ...]) -> None:
            super().__init__()
            self.network, self.remaining = module, remaining

        def forward(self, x: Tensor) -> Tensor:
            if not self.remaining:
                return self.network(x)
            first, *rest = self.remaining
            # It returns counts, not what the network returns, which no counter looks at.
            count = first.count(Watched(tuple(rest)), (x,))
            totals[first.rule] = sum(each.count for each in count.by_operator if each.operator != PLACES)
            return x

    Watched(several)(x)
    return totals
