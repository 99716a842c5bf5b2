"""Raw samples -> what is said of them: pure functions, nothing stored.

Which number to quote: the **median** of the samples with its interval. Half of the samples are faster, half slower (a
sample is a call, or the mean of several calls where one is too short for the clock); a few samples that the system
disturbed do not move it, as they move the mean. The minimum is no estimate of a typical call: it is the luckiest one,
it only ever falls the longer one samples, and it cannot be compared between two cases with different numbers of
samples. To compare two cases quote the **ratio** of samples from the same rounds: what disturbed the machine in a round
disturbed both, and cancels. Two medians that were not taken in the same rounds have no ratio here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from statistics import median, quantiles
from typing import TYPE_CHECKING, Protocol

from .samples import Samples

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Tukey's outer fences: this many interquartile ranges beyond the quartiles a value is "far out".
FENCE = 3.0
#: An interval that reaches this many times as far to one side of the median as to the other is no "±".
LOPSIDED = 2.0
#: Below this many times what the clock shows for an empty call, its own time is more than a tenth of a figure.
OVERHEADS = 10.0
#: Of fewer samples none stands beyond the 95th percentile.
FEWEST_FOR_P95 = 20


class Series(Protocol):
    """Samples in the order taken, as far as statistics ask: those of a record, or those of a case at work."""

    @property
    def seconds(self) -> Sequence[float]:
        """Seconds per call, one figure a sample."""

    @property
    def rounds(self) -> Sequence[int]:
        """The round of each sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The typical time of a call, and how well the samples know it."""

    median_s: float
    low_s: float | None
    """Both ends of the interval are None where there are too few samples for one: fewer than 6 for 95%."""
    high_s: float | None
    count: int
    """Samples, outliers included."""
    outliers: int
    """Samples beyond Tukey's outer fences. They are counted, never removed: the median does not mind them."""
    near_overhead: bool = False
    """More than a tenth of the median is the clock's own time; False where that is not known."""

    @property
    def relative_half_width(self) -> float | None:
        """Half of the interval as a share of the median: 0.01 is printed as "± 1%". None without an interval."""
        if self.low_s is None or self.high_s is None:
            return None
        return (self.high_s - self.low_s) / 2 / self.median_s

    @property
    def lopsided(self) -> bool:
        """Whether the interval reaches more than twice as far to one side of the median as to the other."""
        if self.low_s is None or self.high_s is None:
            return False
        down, up = self.median_s - self.low_s, self.high_s - self.median_s
        return max(down, up) > LOPSIDED * min(down, up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times as long one case takes as another."""

    value: float
    """The median over pairs."""
    low: float
    high: float
    pairs: int
    """Rounds in which both were sampled."""
    near_overhead: bool = False
    """More than a tenth of one of the two is the clock's own time, which brings the ratio closer to 1."""

    @property
    def relative_half_width(self) -> float:
        """Half of the interval as a share of the ratio."""
        return (self.high - self.low) / 2 / self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How many seconds longer one case takes than another."""

    seconds: float
    """The median over pairs; negative where it takes less."""
    low_s: float
    high_s: float
    pairs: int
    """Rounds in which both were sampled."""


def estimate(samples: Samples | Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return the median with its interval.

    However independent samples are distributed, the interval holds the true median in ``confidence`` of all runs. Where
    they drift or come in bursts it is wider, automatically, by what the correlation costs (see ``intervals``). Then 95%
    means 88% to 97% on 100 samples, and 92% to 97% on 200. A disturbance that lasts as long as the sampling cannot be
    told from the case itself: on ten samples, a drift that spans tens makes the interval far too narrow.

    Args:
        samples: seconds per call, in the order taken.
        confidence: 0.95 for a 95% interval.

    Raises:
        ValueError: there are no samples, or one is not a positive finite number.

    """
    # numpy takes a tenth of a second to import, and most of attnbench's commands need no statistics.
    from .intervals import median_interval

    seconds = samples.seconds if isinstance(samples, Samples) else samples
    _check(seconds)
    interval = median_interval(seconds, confidence)
    low_s, high_s = interval or (None, None)
    return Estimate(
        median_s=median(seconds),
        low_s=low_s,
        high_s=high_s,
        count=len(seconds),
        outliers=_count_outliers(seconds),
        near_overhead=near_overhead(samples),
    )


def percentile_95(samples: Samples) -> float | None:
    """Return the seconds that 95% of the samples stay below; None of fewer than 20, which do not reach so far.

    A sample of several calls is their mean: of single calls the percentile lies higher.
    """
    if len(samples.seconds) < FEWEST_FOR_P95:
        return None
    return quantiles(samples.seconds, n=FEWEST_FOR_P95, method="inclusive")[-1]


def near_overhead(samples: Series | Sequence[float]) -> bool:
    """Return whether more than a tenth of a call's median time is the clock's own; False where that is not known."""
    if not isinstance(samples, Samples) or samples.overhead_s is None:
        return False
    least_s = OVERHEADS * samples.overhead_s
    # Mostly the shortest sample tells already, and needs no sorting.
    return min(samples.seconds) < least_s and median(samples.seconds) < least_s


def ratio(samples: Series, baseline: Series, confidence: float = 0.95) -> Ratio | None:
    """Return how many times as long ``samples`` took as ``baseline``: the median of the pairs' ratios.

    Samples of one round are a pair. None with too few rounds in common
    for an interval, fewer than 6 for 95%: two medians taken at different times differ by what the machine did meanwhile
    (another process, another frequency), which is often more than the difference that is looked for.

    Raises:
        ValueError: one has no samples, or a sample is not a positive finite number.

    """
    ratios = [above / below for above, below in _pairs(samples, baseline)]
    found = _median_with_interval(ratios, confidence)
    if found is None:
        return None
    value, low, high = found
    near = near_overhead(samples) or near_overhead(baseline)
    return Ratio(value=value, low=low, high=high, pairs=len(ratios), near_overhead=near)


def difference(samples: Series, baseline: Series, confidence: float = 0.95) -> Difference | None:
    """Return how much longer ``samples`` took than ``baseline``: the median of the pairs' differences.

    Pairs are those of ``ratio``, and it is None where that is.

    Raises:
        ValueError: one has no samples, or a sample is not a positive finite number.

    """
    differences = [above - below for above, below in _pairs(samples, baseline)]
    found = _median_with_interval(differences, confidence)
    if found is None:
        return None
    seconds, low_s, high_s = found
    return Difference(seconds=seconds, low_s=low_s, high_s=high_s, pairs=len(differences))


def rounds_in_common(samples: Series, baseline: Series) -> int:
    """Return in how many rounds both were sampled."""
    return len(set(samples.rounds) & set(baseline.rounds))


def _median_with_interval(values: Sequence[float], confidence: float) -> tuple[float, float, float] | None:
    from .intervals import median_interval

    interval = median_interval(values, confidence)
    return None if interval is None else (median(values), *interval)


def _pairs(samples: Series, baseline: Series) -> list[tuple[float, float]]:
    """Return the seconds of both in every round that they have in common, in the order taken."""
    _check(samples.seconds)
    _check(baseline.seconds)
    above, below = _by_round(samples), _by_round(baseline)
    return [(above[number], below[number]) for number in above if number in below]


def _by_round(samples: Series) -> dict[int, float]:
    """Return round -> seconds, in the order taken."""
    return dict(zip(samples.rounds, samples.seconds, strict=True))


def _count_outliers(seconds: Sequence[float]) -> int:
    if len(seconds) < 2:  # noqa: PLR2004 - one sample has no quartiles
        return 0
    lower, _, upper = quantiles(seconds, n=4, method="inclusive")
    reach = FENCE * (upper - lower)
    return sum(not lower - reach <= value <= upper + reach for value in seconds)


def _check(seconds: Sequence[float]) -> None:
    if not seconds:
        msg = "no samples: a median needs at least one"
        raise ValueError(msg)
    if not all(map(isfinite, seconds)) or min(seconds) <= 0:
        value = next(value for value in seconds if not (isfinite(value) and value > 0))
        msg = f"a sample of {value} s: samples are positive finite numbers"
        raise ValueError(msg)
