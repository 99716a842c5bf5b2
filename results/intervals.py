"""The confidence interval of a median, and of a mean, for samples that may depend on their neighbours in time.

Independent samples: order statistics, interpolated between two ranks so that the coverage is the one asked for even
for ten samples (Hettmansperger and Sheather 1986, "Confidence intervals based on interpolated order statistics").

Samples that drift or come in bursts say less than their number suggests. Whether a sample lies above the median is
then correlated over time, which inflates the variance of the count above it; the ranks move out by the root of that
inflation. It is estimated from sums over a fixed share of the samples, with the critical value that belongs to such an
estimate (Kiefer and Vogelsang 2005, "A new asymptotic theory for heteroskedasticity-autocorrelation robust tests").

``benchmarks/coverage_of_intervals.py`` prints how often the interval holds the true median, for many kinds of noise.
"""

from __future__ import annotations

from functools import lru_cache
from math import asin, comb, pi, sin, sqrt
from operator import gt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = NDArray[np.float64]

#: Up to this many samples binomial probabilities are exact; above, the normal approximation is within 0.06 of a rank.
EXACT_UP_TO = 100
#: Sums over a fifth of the samples: long enough for a drift over tens of samples, short enough to see several.
BLOCK_SHARE = 0.2
#: Standard errors by which the ranks must look correlated before the interval is widened: exceeded by chance once in
#: twenty times a test. A false alarm only makes an interval wider; a drift that is missed makes it wrong.
DETECTION_Z = 1.645
#: A first-order correlation above this cannot be told from a trend.
STRONGEST_CORRELATION = 0.98


def median_interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """Return the interval of the median, or None where there are too few values for one (fewer than 6 for 95%).

    Where the values depend on each other so much that even the smallest and the largest do not bound the median with
    this confidence, these two are returned: the widest interval that the values can give.

    Args:
        values: in the order taken.
        confidence: 0.95 for a 95% interval.

    """
    taken = np.asarray(values, dtype=np.float64)
    count = len(taken)
    rank = independent_rank(count, confidence)
    if rank is None:
        return None
    order = np.argsort(taken, kind="stable")
    ordered = taken[order]
    reach = (count + 1) / 2 - rank
    ranks = _centred_ranks(taken, order)
    if not _looks_correlated(ranks):
        return _at_rank(ordered, rank), _at_rank(ordered, count + 1 - rank)

    median = float(np.median(ordered))
    widening = max(_widening(np.sign(taken - median)), _first_order_widening(ranks))
    low = _at_rank(ordered, (count + 1) / 2 - reach * sqrt(widening))
    high = _at_rank(ordered, (count + 1) / 2 + reach * sqrt(widening))
    # Bursts mostly lift the values above the median: seen from the upper end of the interval they are more strongly
    # correlated than seen from the median, so each end is widened by what is seen from there.
    widening_low = max(widening, _widening(_centred(taken >= low)))
    widening_high = max(widening, _widening(_centred(taken > high)))
    return (
        _at_rank(ordered, (count + 1) / 2 - reach * sqrt(widening_low)),
        _at_rank(ordered, (count + 1) / 2 + reach * sqrt(widening_high)),
    )


def mean_half_width(values: Sequence[float], confidence: float, *, further: float) -> float | None:
    """Return how far the mean of ``further`` more values may lie from that of these, or None where there are too few.

    It is Student's interval for a mean that is still to be taken. It is widened as that of a median is
    whose values depend on each other. Heavy tails that the values do not show are not in it.

    Args:
        values: in the order taken.
        confidence: 0.95 for 95%.
        further: how many values the other mean is of.

    """
    taken = np.asarray(values, dtype=np.float64)
    count = len(taken)
    if independent_rank(count, confidence) is None:
        return None
    # Always widened, as what is to come is taken at another time: drift that these few do not show is likely.
    correlated = max(_widening(_centred(taken)), _first_order_widening(_centred_ranks(taken, np.argsort(taken))))
    variance = float(taken.var(ddof=1)) * (1 / count + 1 / further) * correlated
    return student(count - 1, confidence) * sqrt(variance)


def student(degrees: int, confidence: float) -> float:
    """Return the quantile of Student's t (Fisher's expansion; within 0.3% from five degrees of freedom on)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )


@lru_cache(maxsize=1024)
def independent_rank(count: int, confidence: float) -> float | None:
    """Return the rank, from 1 and between two integers, at which the interval of independent values begins.

    It ends as far from the other end. None if even the smallest and the largest value give less than ``confidence``.
    """
    if count > EXACT_UP_TO:
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        return (count + 1) / 2 - z * sqrt(count) / 2
    wider, tail = 1.0, 0.0
    for rank in range((count + 1) // 2):
        # The interval from rank + 1 misses the median if at most ``rank`` values lie on one side of it.
        tail += comb(count, rank) / 2**count
        narrower = 1 - 2 * tail
        if narrower < confidence:
            if rank == 0:
                return None
            share = (wider - confidence) / (wider - narrower)
            return float(rank + (count - rank) * share / (rank + (count - 2 * rank) * share))
        wider = narrower
    return None


def inflation(centred: Values, block: int) -> float:
    """Return by how much correlation inflates the variance of the sum: 1 for independent values.

    It is 1 + 2 * sum((1 - k / block) * correlation at lag k), the Bartlett estimate, computed as the mean square of
    the sums over all windows of ``block`` neighbours. 1 if all values are equal.
    """
    return _inflations(centred, (block,))[0]


def _inflations(centred: Values, blocks: Sequence[int]) -> list[float]:
    """Return the inflation for windows of several sizes."""
    power = float(centred @ centred)
    if power == 0:
        return [1.0] * len(blocks)
    # Windows that begin before the first value, or end after the last, hold fewer.
    count, widest = len(centred), max(blocks)
    sums = np.zeros(count + 2 * widest)
    np.add.accumulate(centred, out=sums[widest : widest + count])
    sums[widest + count :] = sums[widest + count - 1]
    found = []
    for block in blocks:
        windows = sums[widest : widest + count + block] - sums[widest - block : widest + count]
        found.append(float(windows @ windows) / (block * power))
    return found


def _looks_correlated(ranks: Values) -> bool:
    """Return whether neighbours, or groups of neighbours, resemble each other more than chance explains."""
    blocks, explained = _explained_by_chance(len(ranks))
    return bool(blocks) and any(map(gt, _inflations(ranks, blocks), explained))


@lru_cache(maxsize=1024)
def _explained_by_chance(count: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return sizes of groups of neighbours, and what inflation independent values of this number rarely exceed."""
    blocks, explained = [], []
    for block in (2, 6, count // 8 + 1):
        if block > count // 2:
            continue
        weights = 1 - np.arange(1, block) / block
        # Around their own mean, independent values have a correlation of -1/n at every lag, with a variance of 1/n.
        expected = 1 - 2 * float(weights.sum()) / count
        deviation = 2 * sqrt(float(weights @ weights) / count)
        if deviation:
            blocks.append(block)
            explained.append(expected + DETECTION_Z * deviation)
    return tuple(blocks), tuple(explained)


def _widening(centred: Values) -> float:
    """Return the factor on the variance of the count: inflation, and the uncertainty of its estimate."""
    count = len(centred)
    block = max(2, int(BLOCK_SHARE * count))
    share = block / count
    # Kiefer and Vogelsang 2005, table 1, Bartlett kernel, 97.5%, relative to the normal 1.96.
    critical = 1 + (2.9694 * share + 0.4160 * share**2 - 0.5324 * share**3) / 1.9600
    return max(inflation(centred, block), 1.0) * critical**2


def _first_order_widening(ranks: Values) -> float:
    """Return the inflation for a drift in which each value follows the one before (a first-order autoregression).

    Over 100 samples it is less uncertain than ``_widening``; for other kinds of correlation it is too small.
    """
    count = len(ranks)
    of_ranks = inflation(ranks, 2) - 1
    of_values = 2 * sin(pi / 6 * of_ranks)
    # The estimate is too small by (1 + 3 r) / n on average (Kendall 1954).
    correlation = min(max(of_values + (1 + 3 * of_values) / count, 0.0), STRONGEST_CORRELATION)
    # The signs of two normal values with correlation r have the correlation asin(r) * 2 / pi.
    return 1 + 2 * sum(asin(correlation**lag) for lag in range(1, 200)) * 2 / pi


def _centred_ranks(values: Values, order: NDArray[np.intp]) -> Values:
    """Return the ranks around their mean; equal values share one, so that a coarse clock does not look like a trend.

    Args:
        values: in the order taken.
        order: what sorts them.

    """
    ordered = values[order]
    if (ordered[1:] > ordered[:-1]).all():
        ranks = np.empty(len(values))
        ranks[order] = np.arange(len(values)) - (len(values) - 1) / 2
        return ranks
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    return _centred((last - (sizes - 1) / 2)[group])


def _centred(values: NDArray[np.generic]) -> Values:
    numbers: Values = values.astype(np.float64)
    return numbers - float(numbers.mean())


def _at_rank(ordered: Values, rank: float) -> float:
    """Return the value at a rank from 1 on, interpolated; the first or the last beyond the ends."""
    below = min(max(int(rank), 1), len(ordered))
    low = float(ordered[below - 1])
    if not below < rank < len(ordered):
        return low
    # As numpy's interp: the slope first.
    return (float(ordered[below]) - low) * (rank - below) + low
