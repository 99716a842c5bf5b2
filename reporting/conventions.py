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
_SCALES = {2: "millions", 3: "billions"}


class Quantity(StrEnum):
    """What a figure is about."""

    PARAMETERS = "parameters"
    OPERATIONS = "operations"


class Metric(StrEnum):
    """A printed figure that can be counted, by the name of its column in ``published/``."""

    PARAMS = "params"
    PARAMS_M = "params_m"
    MADDS_M = "madds_m"
    FLOPS_M = "flops_m"
    FLOPS_G = "flops_g"
    GMACS = "gmacs"

    @property
    def heading(self) -> str:
        """What papers call it, with its unit."""
        match self:
            case Metric.PARAMS:
                return "Params"
            case Metric.PARAMS_M:
                return "Params (M)"
            case Metric.MADDS_M:
                return "MAdds (M)"
            case Metric.FLOPS_M:
                return "FLOPs (M)"
            case Metric.FLOPS_G:
                return "FLOPs (G)"
            case Metric.GMACS:
                return "GMACs"

    @property
    def quantity(self) -> Quantity:
        """What it is about."""
        match self:
            case Metric.PARAMS | Metric.PARAMS_M:
                return Quantity.PARAMETERS
            case Metric.MADDS_M | Metric.FLOPS_M | Metric.FLOPS_G | Metric.GMACS:
                return Quantity.OPERATIONS

    @property
    def power(self) -> int:
        """Of 1000 (or 1024), by which the count is divided."""
        match self:
            case Metric.PARAMS:
                return 0
            case Metric.PARAMS_M | Metric.MADDS_M | Metric.FLOPS_M:
                return 2
            case Metric.FLOPS_G | Metric.GMACS:
                return 3


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
    truncated: bool = False
    """Digits beyond those printed are cut off instead of rounded: 4.49 is printed as 4.4."""

    def printed(self, exact: int, metric: Metric, decimals: int) -> Decimal:
        """Return the figure with this many decimals, rounded half up or truncated; -1 stands for tens."""
        rounded = scaled(exact, self.base**metric.power, decimals, down=self.truncated)
        # 300, not 3.0E+2.
        return Decimal(f"{rounded:f}")

    def near(self, own: Convention) -> bool:
        """Return whether this is another convention in one respect alone: two changes would explain too much."""
        changes = (
            self.rule != own.rule,
            self.base != own.base,
            self.variant != own.variant,
            self.truncated != own.truncated,
        )
        return sum(changes) == 1

    def clause(self, metric: Metric, normalizer: str, *, unit: bool = True) -> str:
        """Return what is counted, in which unit if asked for, and whether it is truncated, as a clause."""
        counted = self.words.format(normalizer=normalizer)
        in_units = f"{counted}, in {_unit(self.base, metric.power)}" if unit and metric.power else counted
        return f"{in_units}, truncated" if self.truncated else in_units


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
    return replace(convention, name=f"{convention.name}, truncated", truncated=True)


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
    # Of transformers. Twins' README and mmpretrain count so, and PVTv2 quotes Twins by it.
    _WITHOUT_PRODUCTS,
    _FVCORE,
    # LeViT's own counter.
    _operations("macs + softmax", "macs_softmax", f"{_MACS}, and 1 operation an element of softmax"),
    # Swin's flops().
    _operations("macs + norms", "macs_norms", f"{_MACS}, and 1 operation an element of norms"),
    _truncated(_ALL_PARAMETERS),
    _truncated(_MULTIPLY_ACCUMULATES),
    _truncated(_WITHOUT_PRODUCTS),
    _truncated(_FVCORE),
)
