"""A test of ratios that may be looked at after every one of them: is their centre above a bound, or below it?

Each figure is the logarithm of a ratio from one pair of freshly built modules. Under the hypothesis that the centre is
``m`` the figures lie symmetrically about it: which of two equal modules is the faster one is a coin's fall. So the sign
of ``x - m`` says nothing, however large ``|x - m|`` is, and ::

    e_n = mean over λ of the product over i of (1 + λ w_i sign(x_i - m))

is a supermartingale that starts at 1: the chance that it ever reaches 1/a is at most a (Ville's inequality), whenever
one looks. The weight w_i is the rank of ``|x_i - m|`` among the figures so far, over their number: a sequential signed
rank, which needs about a third fewer figures than signs alone, and that no single figure can dominate. See Waudby-Smith
and Ramdas, arXiv:2010.09686, for betting with a mixture over λ, and Reynolds (1975) for sequential ranks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from results.checks import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Bets: each is best for one size of the effect, their mean is nearly as good for all.
LAMBDAS = np.linspace(0.05, 0.95, 10)
#: The logarithm of a ratio is found this exactly.
STEP = 1e-5
#: No ratio is looked for beyond this factor.
FARTHEST = math.log(1000.0)


def evidence_above(figures: Sequence[float], bound: float) -> float:
    """Return the e-value against "the centre of the figures is at most this bound"; 1 says nothing, 100 a lot."""
    return _evidence(np.asarray(figures, dtype=float) - bound)


def evidence_below(figures: Sequence[float], bound: float) -> float:
    """Return the e-value against "the centre of the figures is at least this bound"."""
    return _evidence(bound - np.asarray(figures, dtype=float))


def _evidence(distances: NDArray[np.float64]) -> float:
    if not len(distances):
        return 1.0
    sizes = np.abs(distances)
    earlier = np.tril(sizes[None, :] <= sizes[:, None])
    weights = earlier.sum(axis=1) / np.arange(1, len(sizes) + 1)
    bets = np.outer(LAMBDAS, weights * np.sign(distances))
    return float(np.exp(np.log1p(bets).sum(axis=1)).mean())


def interval(figures: Sequence[float], error_rate: float) -> tuple[float, float]:
    """Return between which bounds the centre lies, with an error that holds however often one looks.

    Args:
        figures: logarithms of ratios.
        error_rate: the chance, at most, that the centre is ever outside. Both ends are infinite while the figures are
            too few to say anything.

    """
    least = 2 / error_rate
    return (
        -_farthest_refuted([-x for x in figures], least),
        _farthest_refuted(figures, least),
    )


def _farthest_refuted(figures: Sequence[float], least: float) -> float:
    """Return the smallest bound that the centre is surely below."""
    low, high = float(np.median(figures)) if figures else 0.0, FARTHEST
    if evidence_below(figures, high) < least:
        return math.inf
    while high - low > STEP:
        middle = (low + high) / 2
        if evidence_below(figures, middle) >= least:
            high = middle
        else:
            low = middle
    return high


def centre(figures: Sequence[float]) -> float:
    """Return the centre: the median of the means of all pairs (Hodges and Lehmann), which fits signed ranks."""
    x = np.asarray(figures, dtype=float)
    one, other = np.triu_indices(len(x))
    return float(np.median((x[one] + x[other]) / 2))


def as_ratio(figures: Sequence[float], error_rate: float) -> Interval | None:
    """Return the centre as a ratio with its interval; None while there are too few figures for one."""
    low, high = interval(figures, error_rate)
    if math.isinf(low) or math.isinf(high):
        return None
    value = min(max(centre(figures), low), high)
    return Interval(ratio=math.exp(value), low=math.exp(low), high=math.exp(high))
