"""How papers derive the figures they print from exact counts: one list for all tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .units import MILLION, scaled

if TYPE_CHECKING:
    from decimal import Decimal

    from results.records import Complexity

#: The counter of a convention that looks at parameters.
PARAMETERS = "parameters"


class Metric(StrEnum):
    """A printed figure that can be counted, by the name of its column in ``published/``."""

    PARAMS_M = "params_m"
    MADDS_M = "madds_m"

    @property
    def heading(self) -> str:
        """What the paper calls it, with its unit."""
        match self:
            case Metric.PARAMS_M:
                return "Params (M)"
            case Metric.MADDS_M:
                return "MAdds (M)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One way to get a printed figure from a Complexity."""

    name: str
    metric: Metric
    rule: str | None
    """Name of the Count to take, or None for the parameters."""
    scale: int
    """What the count is divided by."""
    words: str
    """A clause that says what the convention does; ``{normalizer}`` stands for the row's own."""

    @property
    def counter(self) -> str:
        """What is counted: a rule's name, or ``parameters``."""
        return PARAMETERS if self.rule is None else self.rule

    def exact(self, complexity: Complexity) -> int | None:
        """Return the integer count, or None if its rule was not used on this network."""
        if self.rule is None:
            return complexity.parameters
        return next((count.total for count in complexity.counts if count.rule == self.rule), None)

    def printed(self, exact: int, like: Decimal) -> Decimal:
        """Return the figure with as many decimals as the published one, rounded half up."""
        return scaled(exact, self.scale, _decimals(like))


#: In order of preference: where two explain a table equally well, the earlier one is the table's own.
CONVENTIONS = (
    Convention(
        name="parameters",
        metric=Metric.PARAMS_M,
        rule=None,
        scale=MILLION,
        words="all parameters are counted, in millions of 1e6",
    ),
    Convention(
        name="torchstat",
        metric=Metric.MADDS_M,
        rule="torchstat",
        scale=MILLION,
        words='multiply-adds are counted by torchstat\'s rule ("Total MAdd"), in millions of 1e6',
    ),
    Convention(
        name="torchstat, normalisers as softmax",
        metric=Metric.MADDS_M,
        rule="torchstat_normalizers_as_softmax",
        scale=MILLION,
        words="{normalizer} is counted like nn.Softmax (3n - 1)",
    ),
    Convention(
        name="fvcore",
        metric=Metric.MADDS_M,
        rule="fvcore",
        scale=MILLION,
        words="multiply-accumulates are counted by fvcore, in millions of 1e6",
    ),
    Convention(
        name="ptflops",
        metric=Metric.MADDS_M,
        rule="ptflops",
        scale=MILLION,
        words="multiply-accumulates are counted by ptflops, in millions of 1e6",
    ),
    Convention(
        name="torch",
        metric=Metric.MADDS_M,
        rule="torch",
        scale=MILLION,
        words="floating-point operations are counted by torch's FlopCounterMode, in millions of 1e6",
    ),
)


def _decimals(printed: Decimal) -> int:
    exponent = printed.as_tuple().exponent
    if not isinstance(exponent, int):
        msg = f"{printed} is not a printed number"
        raise TypeError(msg)
    return max(0, -exponent)
