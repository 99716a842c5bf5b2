"""One function against another over many shapes: paired ratios, their geometric mean, and how often each was faster."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from .compare import comparison_group
from .records import Measured, Mode
from .stats import ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .records import Case, Outcome
    from .stats import Ratio


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

    ratios: Mapping[Case, Ratio]
    """By comparison group: those of samples that were taken in the same rounds, which have intervals."""
    planned: int
    """Shapes on which both were to be timed."""

    @property
    def mean(self) -> Mean | None:
        """The geometric mean over the shapes, each as important as the others; None if there is none.

        Its interval reaches as far to each side as independent errors of those sizes do together.
        """
        count = len(self.ratios)
        if not count:
            return None
        value = exp(sum(log(each.value) for each in self.ratios.values()) / count)
        down = sqrt(sum(log(each.value / (each.low or each.value)) ** 2 for each in self.ratios.values())) / count
        up = sqrt(sum(log((each.high or each.value) / each.value) ** 2 for each in self.ratios.values())) / count
        return Mean(value=value, low=value * exp(-down), high=value * exp(up))

    @property
    def faster(self) -> int:
        """On how many shapes the whole interval is below 1."""
        return sum(each.high is not None and each.high < 1 for each in self.ratios.values())

    @property
    def slower(self) -> int:
        """On how many shapes the whole interval is above 1."""
        return sum(each.low is not None and each.low > 1 for each in self.ratios.values())


def contest(cases: Iterable[Case], outcomes: Iterable[Outcome], one: Contestant, other: Contestant) -> Contest | None:
    """Return how one function did against another; None if they were not to be timed together.

    Args:
        cases: what was planned of one suite, direction, dtype and device: what differs between groups is the shape.
        outcomes: of these cases, and any others.
        one: whose time is divided.
        other: by whose time.

    """
    samples = {each.case: each.samples for each in outcomes if isinstance(each, Measured) and each.samples is not None}
    groups: dict[Case, dict[Contestant, Case]] = {}
    for case in cases:
        groups.setdefault(comparison_group(case), {})[contestant_of(case)] = case
    pairs = {group: (found[one], found[other]) for group, found in groups.items() if one in found and other in found}
    if not pairs:
        return None
    ratios = {
        group: ratio(samples[first], samples[second])
        for group, (first, second) in pairs.items()
        if first in samples and second in samples
    }
    return Contest(ratios={group: each for group, each in ratios.items() if each.paired}, planned=len(pairs))


def contestant_of(case: Case) -> Contestant:
    """Return the function that the case runs."""
    return Contestant(implementation=case.implementation, mode=case.mode)
