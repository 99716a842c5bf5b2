"""What decides a timed case, and what was decided."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from results.checks import Pace, Verdict

#: Of the threshold. What is slower by two thirds of it is as far from here as from the threshold, within which all is
#: the same: more is called slower sooner than the same, and less the same sooner than slower.
PASSED = 1 / 3
#: Likewise in the second process, which only confirms that there is a slowdown.
PASSED_AGAIN = 1 / 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What decides a case."""

    threshold: float
    """The relative slowdown that is looked for: 0.03 is 3%."""
    slower_error: float
    """The chance, at most, that this process calls the case slower if nothing has changed."""
    faster_error: float
    """Likewise faster, which no second process confirms."""
    budget_s: float
    """Of building and sampling, all versions together."""
    passed: float = PASSED
    """The share of the threshold that is passed before a case is called slower, or faster."""

    @property
    def margin(self) -> float:
        """The logarithm of the ratio that is passed."""
        return math.log1p(self.passed * self.threshold)

    @property
    def within(self) -> float:
        """The logarithm of the ratio that bounds what is called the same."""
        return math.log1p(self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the figures say."""

    verdict: Verdict
    pace: Pace | None
    reason: str = ""
