"""How papers derive the figures they print from exact counts: one list for all tables.

A convention says what is counted, of which variant of the network, and in units of a power of 1000 or of 1024. What a
rule or a variant is called here, ``suites.papers.rebuild`` counts and builds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from .units import scaled

DECIMAL, BINARY = 1000, 1024
#: The variant of a network that the table's row describes.
AS_DESCRIBED = "as_described"
_SCALES = {1: "thousands", 2: "millions", 3: "billions"}


class Quantity(StrEnum):
    """What a figure is about."""

    PARAMETERS = "parameters"
    OPERATIONS = "operations"
    CACHE = "cache"
    MEMORY = "memory"


class Metric(StrEnum):
    """A printed figure that can be counted, by the name of its column in ``published/``."""

    PARAMS = "params"
    PARAMS_M = "params_m"
    MADDS_M = "madds_m"
    FLOPS_M = "flops_m"
    FLOPS_G = "flops_g"
    GMACS = "gmacs"
    KV_ELEMENTS_K = "kv_elements_k"
    MEMORY_MB = "memory_mb"

    @property
    def heading(self) -> str:
        """What papers call it, with its unit."""
        return _HEADINGS[self]

    @property
    def quantity(self) -> Quantity:
        """What it is about."""
        match self:
            case Metric.PARAMS | Metric.PARAMS_M:
                return Quantity.PARAMETERS
            case Metric.MADDS_M | Metric.FLOPS_M | Metric.FLOPS_G | Metric.GMACS:
                return Quantity.OPERATIONS
            case Metric.KV_ELEMENTS_K:
                return Quantity.CACHE
            case Metric.MEMORY_MB:
                return Quantity.MEMORY

    @property
    def power(self) -> int:
        """Of 1000 (or 1024), by which the count is divided."""
        match self:
            case Metric.PARAMS:
                return 0
            case Metric.KV_ELEMENTS_K:
                return 1
            case Metric.PARAMS_M | Metric.MADDS_M | Metric.FLOPS_M | Metric.MEMORY_MB:
                return 2
            case Metric.FLOPS_G | Metric.GMACS:
                return 3


_HEADINGS = {
    Metric.PARAMS: "Params",
    Metric.PARAMS_M: "Params (M)",
    Metric.MADDS_M: "MAdds (M)",
    Metric.FLOPS_M: "FLOPs (M)",
    Metric.FLOPS_G: "FLOPs (G)",
    Metric.GMACS: "GMACs",
    Metric.KV_ELEMENTS_K: "KV elements a token (K)",
    Metric.MEMORY_MB: "Memory (MB)",
}


class Printing(StrEnum):
    """How a count becomes the digits that are printed, in words."""

    ROUNDED = "rounded"
    TRUNCATED = "truncated"
    """Digits beyond those printed are cut off: 4.49 is printed as 4.4."""
    WHOLE = "rounded to a whole number, with zeros after the point"
    """49.6 is printed as 50.0, as where a figure is quoted from a table of whole numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One way to get a printed figure from a network."""

    name: str
    quantity: Quantity
    rule: str
    """What is counted."""
    words: str
    """A clause that says so; ``{normalizer}`` stands for the row's own."""
    base: int = DECIMAL
    variant: str = AS_DESCRIBED
    """Of the network that is counted."""
    printing: Printing = Printing.ROUNDED
    """How the count becomes the digits."""

    def printed(self, exact: int, metric: Metric, decimals: int) -> Decimal:
        """Return the figure with this many decimals, rounded half up if nothing else is said; -1 stands for tens."""
        unit = self.base**metric.power
        match self.printing:
            case Printing.ROUNDED:
                figure = scaled(exact, unit, decimals)
            case Printing.TRUNCATED:
                figure = scaled(exact, unit, decimals, down=True)
            case Printing.WHOLE:
                figure = scaled(int(scaled(exact, unit, 0)), 1, decimals)
        # 300, not 3.0E+2.
        return Decimal(f"{figure:f}")

    def near(self, own: Convention) -> bool:
        """Return whether this is another convention in one respect alone: two changes would explain too much."""
        changes = (
            self.rule != own.rule,
            self.base != own.base,
            self.variant != own.variant,
            self.printing != own.printing,
        )
        return sum(changes) == 1

    def clause(self, metric: Metric, normalizer: str, *, unit: bool = True) -> str:
        """Return what is counted, in which unit if asked for, and how it is printed if not rounded, as a clause."""
        counted = self.words.format(normalizer=normalizer)
        in_units = f"{counted}, in {_unit(self.base, metric.power)}" if unit and metric.power else counted
        return in_units if self.printing is Printing.ROUNDED else f"{in_units}, {self.printing}"


def _unit(base: int, power: int) -> str:
    if base == BINARY:
        return f"units of 2**{10 * power}"
    return f"{_SCALES[power]} of 1e{3 * power}"


def _parameters(
    name: str, words: str, *, rule: str = "parameters", base: int = DECIMAL, variant: str = AS_DESCRIBED
) -> Convention:
    return Convention(name=name, quantity=Quantity.PARAMETERS, rule=rule, words=words, base=base, variant=variant)


def _operations(name: str, rule: str, words: str, *, base: int = DECIMAL, variant: str = AS_DESCRIBED) -> Convention:
    return Convention(name=name, quantity=Quantity.OPERATIONS, rule=rule, words=words, base=base, variant=variant)


def _truncated(convention: Convention) -> Convention:
    """Return the same convention with digits cut off."""
    return replace(convention, name=f"{convention.name}, truncated", printing=Printing.TRUNCATED)


_ALL_PARAMETERS = _parameters("parameters", "all parameters are counted")
_MACS = "multiply-accumulates of convolutions and matrix products are counted"
_STATISTICS = "parameters are counted together with the running means and variances of BN"
_BIAS = "the attention's fully connected layers have biases where they are described without, or the reverse"

_MULTIPLY_ACCUMULATES = _operations("macs", "macs", _MACS)
_WITHOUT_PRODUCTS = _operations(
    "conv + linear",
    "conv_linear",
    "multiply-accumulates of convolutions and linear layers are counted, products of two activations are not",
)
_FVCORE = _operations(
    "macs + fvcore's norms",
    "macs_fvcore_norms",
    f"{_MACS}, and norms as by fvcore (5 operations an element of a layer norm, 2 of a batch norm)",
)

_BYTES = Convention(
    name="bytes / 1024",
    quantity=Quantity.MEMORY,
    rule="bytes",
    words="bytes of the tensors that are alive at once, inputs and gradients among them, are counted",
    base=BINARY,
)

#: In order of preference: where two explain a table equally well, the earlier one is the table's own.
CONVENTIONS = (
    _ALL_PARAMETERS,
    _parameters("parameters / 1024", "all parameters are counted", base=BINARY),
    _parameters("parameters and statistics", _STATISTICS, rule="parameters_and_statistics"),
    _parameters("parameters, other bias", _BIAS, variant="other_bias"),
    _parameters(
        "parameters and statistics, other bias",
        f"{_STATISTICS}, and {_BIAS}",
        rule="parameters_and_statistics",
        variant="other_bias",
    ),
    _parameters("parameters / 1024, other bias", _BIAS, base=BINARY, variant="other_bias"),
    _MULTIPLY_ACCUMULATES,
    # Twins' README and mmpretrain count transformers so, and PVTv2 quotes Twins by it.
    _WITHOUT_PRODUCTS,
    _operations("macs / 1024", "macs", _MACS, base=BINARY),
    # torchvision's networks have the stride in the 3x3 convolution, their papers' have it in the 1x1 before.
    _operations(
        "macs, other strides",
        "macs",
        f"{_MACS} with each stage's stride at its first block's other convolution (v1 for v1.5, or the reverse)",
        variant="other_strides",
    ),
    _operations("torchstat", "torchstat", 'multiply-adds are counted by torchstat\'s rule ("Total MAdd")'),
    _operations(
        "torchstat, normalisers as softmax",
        "torchstat_normalizers_as_softmax",
        "{normalizer} is counted like nn.Softmax (3n - 1)",
    ),
    _operations("thop 2020", "thop_2020", "multiply-accumulates are counted by the rule of thop in 2020"),
    _operations(
        "thop 2019 / 1024", "thop_2019", "multiply-accumulates are counted by the rule of thop in 2019", base=BINARY
    ),
    # A gate that pools by a function is the same network with another count.
    _operations(
        "thop 2019 / 1024, pooling",
        "thop_2019_pooling",
        "multiply-accumulates are counted by the rule of thop in 2019, and global pooling as if by a module",
        base=BINARY,
    ),
    _operations("ptflops", "ptflops", "multiply-accumulates are counted by ptflops"),
    _operations(
        "flops", "torch", "a multiply-accumulate of convolutions and matrix products is counted as two operations"
    ),
    _FVCORE,
    # CaiT's README.
    _operations(
        "macs + fvcore's norms + softmax",
        "macs_fvcore_norms_softmax",
        f"{_MACS}, norms as by fvcore, and 1 operation an element of softmax",
    ),
    # LeViT's own counter.
    _operations("macs + softmax", "macs_softmax", f"{_MACS}, and 1 operation an element of softmax"),
    # Swin's flops().
    _operations("macs + norms", "macs_norms", f"{_MACS}, and 1 operation an element of norms"),
    # Swin V2's flops().
    _operations(
        "macs of the image",
        "macs_of_image",
        f"{_MACS}, but for products of parameters alone, such as those of position biases",
    ),
    _operations("thop 2019", "thop_2019", "multiply-accumulates are counted by the rule of thop in 2019"),
    _truncated(_ALL_PARAMETERS),
    replace(_ALL_PARAMETERS, name="parameters, whole", printing=Printing.WHOLE),
    _truncated(_MULTIPLY_ACCUMULATES),
    _truncated(_WITHOUT_PRODUCTS),
    _truncated(_FVCORE),
    Convention(
        name="elements",
        quantity=Quantity.CACHE,
        rule="elements",
        words="elements that all layers keep of a token are counted",
    ),
    _BYTES,
    _truncated(_BYTES),
)
