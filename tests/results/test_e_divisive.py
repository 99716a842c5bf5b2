"""Promises of E-divisive with means: planted steps are found, and what has none is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from results.e_divisive import _division, change_points


def noise(seed: int, count: int) -> list[float]:
    """Return seeded normal numbers around 10 with a standard deviation of 1."""
    return [float(each) for each in 10 + np.random.default_rng(seed).normal(size=count)]


def test_a_planted_step_is_found_where_it_is() -> None:
    """Once, and with the smallest p that a thousand shuffles can give."""
    (found,) = change_points([*noise(1, 12), *(each + 6 for each in noise(2, 12))])
    assert (found.index, found.p_value) == (12, 0.001)


def test_two_steps_are_found_in_the_order_of_time() -> None:
    """Also where the series comes back to where it was."""
    series = [*noise(1, 12), *(each + 8 for each in noise(2, 12)), *noise(3, 12)]
    assert [found.index for found in change_points(series)] == [12, 24]


@pytest.mark.parametrize("count", [10, 20, 40])
def test_without_a_change_hardly_any_is_found(count: int) -> None:
    """Of 100 series one is to be expected; six or more would be had once in two thousand times."""
    assert sum(bool(change_points(noise(seed, count))) for seed in range(100)) <= 5


def test_one_slow_run_is_no_change() -> None:
    """A single value says nothing of a level."""
    assert change_points([*noise(1, 10), 30.0, *noise(2, 10)]) == ()


@pytest.mark.parametrize("series", [[], [1.0], [1.0, 2.0, 3.0], [2.5] * 30])
def test_what_cannot_change_does_not(series: list[float]) -> None:
    """Too few values for two sides, or all the same."""
    assert change_points(series) == ()


def test_the_same_series_gives_the_same_answer() -> None:
    """Shuffles are seeded; another seed gives another p, not another place."""
    series = [*noise(4, 10), *(each + 2.5 for each in noise(5, 10))]
    assert change_points(series) == change_points(series)
    assert [point.index for point in change_points(series, seed=1)] == [point.index for point in change_points(series)]


def test_the_statistic_is_that_of_the_paper() -> None:
    """Its definition in plain loops, over all pairs and all divisions."""
    values = noise(6, 9)

    def mean_distance(left: list[float], right: list[float]) -> float:
        return sum(abs(a - b) for a in left for b in right) / (len(left) * len(right))

    def statistic(left: list[float], right: list[float]) -> float:
        n, m = len(left), len(right)
        # Pairs of different values: the distances of values to themselves are 0, and do not count as pairs.
        within = mean_distance(left, left) * n / (n - 1) + mean_distance(right, right) * m / (m - 1)
        return n * m / (n + m) * (2 * mean_distance(left, right) - within)

    expected = max((statistic(values[:i], values[i:j]), i) for i in range(2, 8) for j in range(i + 2, 10))
    found = _division(np.asarray(values))
    assert found is not None
    assert found.statistic == pytest.approx(expected[0])
    assert found.index == expected[1]
