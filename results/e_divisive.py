"""Where does the mean of a series change? E-divisive with means, and its permutation test.

Matteson and James 2014, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", with the
distance |x - y|; Fleming et al. 2023 ("Hunter", arXiv:2301.03034) say how it does on benchmarks of software. The
series is divided where the two sides differ most, then its parts are, until the next division is one that chance
explains. Chance is what the same values give when they are shuffled inside the parts found so far, so a permutation
test asks nothing of their distribution. It does ask that runs without a change could have come in any order: a machine
that drifts from run to run is a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = NDArray[np.float64]

#: Shuffled series are the same in every process.
SEED = 0
#: Values on each side of a division: of a single one the spread is not known.
FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """Where a series changes."""

    index: int
    """Of the first value after the change."""
    p_value: float
    """How often shuffled values divide as well as these, or better; the series itself counts as one shuffle."""


def change_points(values: Sequence[float], *, p_value: float = 0.01, seed: int = SEED) -> tuple[ChangePoint, ...]:
    """Return where a series changes, in its order.

    Args:
        values: of runs, in the order of time.
        p_value: how often, at most, a series without a change is said to have one. 10 / p_value shuffles are made of a
            change that is found, so that the figure is known to a tenth or so of itself.
        seed: of the shuffles.

    """
    taken = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    found: list[ChangePoint] = []
    while True:
        parts = _parts(len(taken), [point.index for point in found])
        best = _best_division(taken, parts)
        if best is None:
            break
        p = _p_value(taken, parts, best.statistic, p_value, random)
        if p > p_value:
            break
        found.append(ChangePoint(index=best.index, p_value=p))
    return tuple(sorted(found, key=lambda point: point.index))


@dataclass(frozen=True, slots=True)
class _Division:
    index: int
    statistic: float


def _parts(count: int, indices: Sequence[int]) -> list[slice]:
    ends = [0, *sorted(indices), count]
    return [slice(begin, end) for begin, end in pairwise(ends)]


def _best_division(values: Values, parts: Sequence[slice]) -> _Division | None:
    """Return the division of a part whose sides differ most; None if no part can be divided, or no sides differ."""
    best = None
    for part in parts:
        found = _division(values[part])
        if found is not None and found.statistic > 0 and (best is None or found.statistic > best.statistic):
            best = _Division(part.start + found.index, found.statistic)
    return best


def _division(values: Values) -> _Division | None:
    """Return where two neighbouring stretches, from the first value on, differ most; None with too few values.

    Left is values[:i], right values[i:j]. The statistic of n values at the left and m at the right is n m / (n + m)
    times the energy distance: twice the mean distance between the sides, less the mean distance inside each.
    """
    count = len(values)
    if count < 2 * FEWEST:
        return None
    # total[i, j]: sum of the distances of all pairs among values[:i] and values[:j], each order counted.
    total = np.zeros((count + 1, count + 1))
    total[1:, 1:] = np.abs(values[:, None] - values[None, :]).cumsum(axis=0).cumsum(axis=1)
    diagonal = total.diagonal()
    i = np.arange(FEWEST, count - FEWEST + 1)[:, None]
    j = np.arange(2 * FEWEST, count + 1)[None, :]
    n, m = i, j - i
    within_left = diagonal[i]
    between = total[i, j] - within_left
    within_right = diagonal[j] - 2 * total[i, j] + within_left
    usable = m >= FEWEST
    m = np.where(usable, m, FEWEST)
    energy = 2 * between / (n * m) - within_left / (n * (n - 1)) - within_right / (m * (m - 1))
    statistic = np.where(usable, n * m / (n + m) * energy, -np.inf)
    row, column = np.unravel_index(int(np.argmax(statistic)), statistic.shape)
    return _Division(int(i[row, 0]), float(statistic[row, column]))


def _p_value(
    values: Values, parts: Sequence[slice], statistic: float, level: float, random: np.random.Generator
) -> float:
    """Return how often shuffled values divide as well; once it is certain to be above the level, roughly."""
    shuffles = round(10 / level) - 1
    as_good = 1
    for done in range(1, shuffles + 1):
        shuffled = values.copy()
        for part in parts:
            random.shuffle(shuffled[part])
        best = _best_division(shuffled, parts)
        # Sums in another order differ in their last digits: equal divisions must count as equal.
        if best is not None and best.statistic >= statistic * (1 - 1e-9):
            as_good += 1
            if as_good > level * (shuffles + 1):
                return as_good / (done + 1)
    return as_good / (shuffles + 1)
