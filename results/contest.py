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

    from .records import Case, Samples
    from .stats import Ratio

#: Half of a 95% interval of a normal distribution, in standard deviations.
HALF_WIDTH_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A function and how it is executed."""

    implementation: str
    mode: Mode = Mode.EAGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A geometric mean of ratios, with the 95% interval that follows from theirs."""

    value: float
    low: float | None
    """None, like ``high``, if one of the ratios has no interval."""
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """How many times as long one function takes as another, on each of some shapes."""

    ratios: Mapping[Case, Ratio]
    """By comparison group; at least one."""

    @property
    def mean(self) -> Mean:
        """The geometric mean over the shapes, each as important as the others."""
        count = len(self.ratios)
        value = exp(sum(log(each.value) for each in self.ratios.values()) / count)
        errors = [
            (log(each.high) - log(each.low)) / 2 / HALF_WIDTH_95
            for each in self.ratios.values()
            if each.low is not None and each.high is not None
        ]
        if len(errors) < count:
            return Mean(value=value, low=None, high=None)
        reach = exp(HALF_WIDTH_95 * sqrt(sum(error**2 for error in errors)) / count)
        return Mean(value=value, low=value / reach, high=value * reach)

    @property
    def faster(self) -> int:
        """On how many shapes the whole interval is below 1."""
        return sum(each.high is not None and each.high < 1 for each in self.ratios.values())

    @property
    def slower(self) -> int:
        """On how many shapes the whole interval is above 1."""
        return sum(each.low is not None and each.low > 1 for each in self.ratios.values())


def contest(outcomes: Iterable[Measured], one: Contestant, other: Contestant) -> Contest | None:
    """Return how one function did against another wherever both were timed in the same block; None if nowhere.

    Args:
        outcomes: of one suite, direction, dtype and device: what differs between groups is the shape.
        one: whose time is divided.
        other: by whose time.

    """
    timed: dict[Case, dict[Contestant, Samples]] = {}
    for outcome in outcomes:
        if outcome.samples is not None:
            contestants = timed.setdefault(comparison_group(outcome.case), {})
            contestants[contestant_of(outcome.case)] = outcome.samples
    ratios = {
        group: ratio(samples[one], samples[other])
        for group, samples in timed.items()
        if one in samples and other in samples
    }
    return Contest(ratios=ratios) if ratios else None


def contestant_of(case: Case) -> Contestant:
    """Return the function that the case runs."""
    return Contestant(implementation=case.implementation, mode=case.mode)
