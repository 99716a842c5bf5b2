"""One function against another over many shapes: paired ratios, their geometric mean, and how often each was faster."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from .kinds import Mode
from .records import Latency
from .stats import ratio

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from .index import Index
    from .records import Block, Case
    from .stats import Ratio


#: Standard errors to each end of a 95% interval.
Z_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A function and how it is executed."""

    implementation: str
    mode: Mode = Mode.EAGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A geometric mean of ratios, with the 95% interval that follows from theirs."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """How many times as long one function takes as another, on each of some shapes."""

    ratios: Mapping[Hashable, Ratio]
    """By logits, or by the block of a network: of samples that were taken in the same rounds."""
    planned: int
    """On how many both were to be timed."""

    @property
    def mean(self) -> Mean | None:
        """The geometric mean over the shapes, each as important as the others; None if there is none.

        Its interval reaches as far to each side as independent errors of those sizes do together, and on one side
        further by what the medians may all be off in the same direction (see ``_common_offset``).
        """
        ratios = self.ratios.values()
        count = len(ratios)
        if not count:
            return None
        value = exp(sum(log(each.value) for each in ratios) / count)
        down = sqrt(sum(log(each.value / each.low) ** 2 for each in ratios)) / count
        up = sqrt(sum(log(each.high / each.value) ** 2 for each in ratios)) / count
        offset = _common_offset(ratios)
        return Mean(value=value, low=value * exp(-down - max(offset, 0)), high=value * exp(up + max(-offset, 0)))

    @property
    def near_overhead(self) -> bool:
        """Whether the clock's own time is more than a tenth of a time on some shape."""
        return any(each.near_overhead for each in self.ratios.values())

    @property
    def faster(self) -> int:
        """On how many shapes the whole interval is below 1."""
        return sum(each.high < 1 for each in self.ratios.values())

    @property
    def slower(self) -> int:
        """On how many shapes the whole interval is above 1."""
        return sum(each.low > 1 for each in self.ratios.values())


def _common_offset(ratios: Collection[Ratio]) -> float:
    """Return by how much the mean of the logarithms is probably too large because all medians are.

    Where one side is disturbed more than the other, ratios are skewed, and the median of a few of them is off towards
    the longer tail. To the first order in one over the number of pairs, the middle of its interval lies z^2 times that
    offset beyond it, so the offset can be read off. One shape's interval has room for its own; the interval of a mean
    of n shapes is narrower by the root of n, and the offset, which is no chance, is not.
    """
    middles = sum(log(each.low * each.high) / 2 - log(each.value) for each in ratios) / len(ratios)
    return middles / Z_95**2 * (1 - 1 / sqrt(len(ratios)))


def contest(index: Index, blocks: Iterable[Block], one: Contestant, other: Contestant) -> Contest | None:
    """Return how one function did against another; None if they were not to be timed together.

    Args:
        index: of the run.
        blocks: of one suite, direction, dtype and device, each of other logits.
        one: whose time is divided.
        other: by whose time.

    """
    ratios: dict[Hashable, Ratio] = {}
    planned = 0
    for block in blocks:
        entered = {contestant_of(case): case for case in block.cases}
        if not {one, other} <= entered.keys():
            continue
        planned += 1
        timed = index.results((entered[one], entered[other]), Latency)
        both = entered[one] in timed and entered[other] in timed
        found = ratio(timed[entered[one]].samples, timed[entered[other]].samples) if both else None
        if found is not None:
            ratios[block.shared.input] = found
    return Contest(ratios=ratios, planned=planned) if planned else None


def contestant_of(case: Case) -> Contestant:
    """Return the function that the case runs."""
    return Contestant(implementation=case.implementation, mode=case.mode)
