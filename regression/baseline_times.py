"""The time of a case in two runs, each in terms of a reference that was timed in the same rounds -> a verdict.

Between two runs the machine has drifted, and every module was built anew, at other memory addresses, which bias its
speed for its lifetime. The reference cancels the drift. The builds remain, one in each run: they are what the noise
floors of the two runs measure, so these are a part of the interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from results.checks import Interval, Judged, Pace, Verdict
from results.comparison import change
from results.figures import RATIO, Figure
from results.stats import ratio

if TYPE_CHECKING:
    from results.records import Case, Samples
    from results.stats import Ratio

#: Of intervals that are shown, and of noise floors.
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A case, and its reference, in one run."""

    samples: Samples
    reference: Samples
    floor: float
    """The noise floor: 95% of the ratios of equal cases are closer to 1."""


def quotient(base: Timed, head: Timed, confidence: float = CONFIDENCE) -> Interval | None:
    """Return how much longer a case takes, in terms of its reference, than in another run.

    Args:
        base: of the other run.
        head: of this one.
        confidence: of the interval. The noise floors are widened to it as if the logarithms of equal cases' ratios
            were normally distributed.

    Returns:
        The ratio with an interval that holds the sampling's uncertainty and both noise floors, added as independent
        errors; None if a run has too few rounds for an interval.

    """
    before, after = (ratio(each.samples, each.reference, confidence) for each in (base, head))
    if before is None or after is None:
        return None
    found = change(_figure(before), _figure(after))
    if found is None or found.ratio is None or found.low is None or found.high is None:
        return None
    wider = _deviations(confidence) / _deviations(CONFIDENCE)
    noise = wider * math.hypot(math.log1p(base.floor), math.log1p(head.floor))
    centre = math.log(found.ratio)
    low = centre - math.hypot(centre - math.log(found.low), noise)
    high = centre + math.hypot(math.log(found.high) - centre, noise)
    return Interval(ratio=found.ratio, low=math.exp(low), high=math.exp(high))


def judge_times(case: Case, base: Timed, head: Timed, *, threshold: float, error_rate: float) -> Judged:
    """Judge the time of one case.

    Args:
        case: as it is now.
        base: of the baseline.
        head: of this run.
        threshold: the relative slowdown that is looked for. Slower is what is above half of it for sure.
        error_rate: the chance, at most, that a case whose time has not changed is called slower.

    """
    shown = quotient(base, head)
    if shown is None:
        reason = "too few samples in the same rounds as the reference for an interval; a larger --budget takes more"
        return Judged(case=case, verdict=Verdict.UNDECIDED, reason=reason)
    # Half of the error of an interval lies on each side.
    sure = quotient(base, head, 1 - 2 * error_rate)
    pace = Pace(head=shown, builds=1, smallest=shown.ratio / shown.low, processes=2)
    verdict = _verdict(shown, sure, threshold)
    floors = f"noise floors of {base.floor:.1%} in the baseline and {head.floor:.1%} now"
    reason = "" if verdict is Verdict.SAME else f"in the interval are {floors}"
    return Judged(case=case, verdict=verdict, pace=pace, reason=reason)


def _verdict(shown: Interval, sure: Interval | None, threshold: float) -> Verdict:
    margin, within = 1 + threshold / 2, 1 + threshold
    if sure is not None and sure.low > margin:
        return Verdict.SLOWER
    if sure is not None and sure.high < 1 / margin:
        return Verdict.FASTER
    return Verdict.SAME if 1 / within <= shown.low and shown.high <= within else Verdict.UNDECIDED


def _figure(found: Ratio) -> Figure:
    return Figure(
        quantity="ratio to reference", unit=RATIO, value=found.value, low=found.low, high=found.high, paired=True
    )


def _deviations(confidence: float) -> float:
    """Return how many standard deviations to both sides of a normal distribution's centre hold such a share of it."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
