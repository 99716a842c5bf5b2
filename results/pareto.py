"""Which of several variants no other one beats in everything, as far as intervals tell: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .stats import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .samples import Samples


class Standing(StrEnum):
    """What the others say of a variant."""

    UNBEATEN = "not dominated"
    """In each pair something is better, by the values at hand."""
    DOMINATED = "dominated"
    """Another is better in something beyond the intervals, and worse in nothing."""
    UNDECIDED = "not decided"
    """Another has better values, or equal ones, in everything, but not beyond the intervals."""
    WITHHELD = "withheld"
    """Times are known, and the machine was too noisy to compare them."""


class Against(StrEnum):
    """How one value stands against another."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    OPEN = "open"
    """The intervals overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A quantity of which more, or less, is better."""

    value: float
    low: float | None
    """Both ends of the 95% interval; None, as the other end, of a value that may be anywhere. Exact: both the value."""
    high: float | None
    larger_is_better: bool = False
    samples: Samples | None = None
    """Of a time: pairs of the same rounds tell more than two intervals."""

    def against(self, other: Aim) -> Against:
        """Return how this one stands, as far as the intervals tell."""
        paired = None if self.samples is None or other.samples is None else ratio(self.samples, other.samples)
        if paired is not None:
            return _verdict(below=paired.high < 1, above=paired.low > 1, larger_is_better=self.larger_is_better)
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return Against.OPEN
        if self.low == self.high == other.low == other.high:
            return Against.SAME
        return _verdict(
            below=self.high < other.low, above=self.low > other.high, larger_is_better=self.larger_is_better
        )

    def leads(self, other: Aim) -> float:
        """Return by how much this value is the better one, intervals aside; negative if it is the worse one."""
        return (self.value - other.value) * (1 if self.larger_is_better else -1)


def exact(value: float) -> Aim:
    """Return a count: of two the smaller one is better."""
    return Aim(value=value, low=value, high=value)


@dataclass(frozen=True, slots=True)
class Judged:
    """A standing, and the variant that it is owed to: by its place, None if nothing beats it."""

    standing: Standing
    by: int | None = None


def judged(variants: Sequence[Mapping[str, Aim]]) -> list[Judged]:
    """Return where each variant stands among the others.

    Args:
        variants: the aims of each by name; pairs are compared by those that all variants have.

    """
    names = set.intersection(*(set(variant) for variant in variants)) if variants else set()
    return [_judge(place, variants, sorted(names)) for place in range(len(variants))]


def _judge(place: int, variants: Sequence[Mapping[str, Aim]], names: Sequence[str]) -> Judged:
    own = variants[place]
    undecided = None
    for other, variant in enumerate(variants):
        if other == place or not names:
            continue
        found = {variant[name].against(own[name]) for name in names}
        if Against.BETTER in found and found <= {Against.BETTER, Against.SAME}:
            return Judged(Standing.DOMINATED, other)
        leads = [variant[name].leads(own[name]) for name in names]
        if undecided is None and Against.WORSE not in found and min(leads) >= 0 and max(leads) > 0:
            undecided = other
    return Judged(Standing.UNBEATEN) if undecided is None else Judged(Standing.UNDECIDED, undecided)


def _verdict(*, below: bool, above: bool, larger_is_better: bool) -> Against:
    if not (below or above):
        return Against.OPEN
    return Against.BETTER if above == larger_is_better else Against.WORSE
