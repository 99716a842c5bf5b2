"""From which length on is one attention faster than another? Paired ratios at some lengths -> a length with interval.

Between two lengths that were measured, the logarithm of the ratio is taken as linear in the logarithm of the length:
times that grow with powers of the length have such ratios. The crossover is where the ratio passes 1 for the last
time. Its interval holds every length at which 1 lies in the interval of the ratio, interpolated in the same way: a
length outside it would make a measured ratio improbable. Nothing is said of lengths beyond those measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .stats import Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class FasterFrom:
    """It is slower at short lengths, or may be, and faster from this one on."""

    length: float | None
    """None: it is shorter than what was measured, if there is one at all."""
    low: float | None
    """Of the 95% interval; None: it is shorter than what was measured."""
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FasterThroughout:
    """It is faster at every length measured."""

    shortest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFaster:
    """It is not faster at the longest length measured, or that is not certain."""

    longest: int
    undecided: bool
    """Whether the interval of the ratio there holds 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMeasured:
    """There are paired ratios at fewer than two lengths."""


Crossover = FasterFrom | FasterThroughout | NotFaster | NotMeasured


def crossover(ratios: Mapping[int, Ratio]) -> Crossover:
    """Return from which length on a case takes less time than what it is divided by.

    Args:
        ratios: by length; each from samples of the same rounds.

    """
    lengths = sorted(ratios)
    if len(lengths) < 2:  # noqa: PLR2004 - between two of them
        return NotMeasured()
    last = ratios[lengths[-1]]
    if last.high >= 1:
        return NotFaster(longest=lengths[-1], undecided=last.low < 1)
    # The lower ends of the ratios pass 1 first, the upper ends last.
    low, length, high = (
        _last_passing(lengths, [getattr(ratios[each], end) for each in lengths]) for end in ("low", "value", "high")
    )
    if high is None:
        return FasterThroughout(shortest=lengths[0])
    return FasterFrom(length=length, low=low, high=high)


def _last_passing(lengths: Sequence[int], values: Sequence[float]) -> float | None:
    """Return the length at which the values, which end below 1, pass it for the last time; None: all are below."""
    for index in range(len(lengths) - 2, -1, -1):
        if values[index] >= 1:
            one, other = log(values[index]), log(values[index + 1])
            share = one / (one - other)
            return exp(log(lengths[index]) + share * (log(lengths[index + 1]) - log(lengths[index])))
    return None
