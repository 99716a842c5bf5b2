"""When to stop taking samples of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from results.records import StopReason
from results.stats import estimate

if TYPE_CHECKING:
    from collections.abc import Sequence


class StopRule(Protocol):
    """Decides after every sample."""

    precision: float

    def reason(self, seconds: Sequence[float], spent_s: float) -> StopReason | None:
        """Return why to stop, or None to go on.

        Args:
            seconds: the samples so far, seconds per call.
            spent_s: sampling time of this case so far.

        """


#: Six samples are the fewest that give a 95% interval of a median (2 / 2^6 < 5%).
FEWEST_FOR_AN_INTERVAL = 6
#: Below ten samples, a few lucky neighbours can make the interval look narrow.
FEWEST_FOR_PRECISION = 10
#: A slow case may overdraw its budget this many times to get its interval; then it stops without one.
OVERDRAFT = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionOrBudget:
    """Stop when the 95% interval of the median is within ``precision`` (relative half-width), or at the budget."""

    precision: float
    budget_s: float

    def reason(self, seconds: Sequence[float], spent_s: float) -> StopReason | None:
        """Return why to stop, or None to go on."""
        if len(seconds) >= FEWEST_FOR_PRECISION:
            width = estimate(seconds).relative_half_width
            if width is not None and width <= self.precision:
                return StopReason.PRECISION
        enough = len(seconds) >= FEWEST_FOR_AN_INTERVAL or spent_s >= OVERDRAFT * self.budget_s
        return StopReason.BUDGET if enough and spent_s >= self.budget_s else None
