"""Promises of the estimator: what the median, its interval and a ratio say."""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from collections.abc import Callable
from math import inf, nan, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from results.intervals import independent_rank, inflation
from results.records import Samples
from results.stats import Difference, Estimate, Ratio, difference, estimate, ratio, rounds_in_common

if TYPE_CHECKING:
    from types import ModuleType

MakeSamples = Callable[..., Samples]

TRIALS = 1000
#: Two standard errors of a share of 95% in so many trials, and of one of 90%.
TOLERANCE_95 = 2 * sqrt(0.95 * 0.05 / TRIALS)
TOLERANCE_90 = 2 * sqrt(0.90 * 0.10 / TRIALS)


def load_script() -> ModuleType:
    """Return the script beside these folders that prints the whole table; its sources of noise are used here."""
    path = Path(__file__).parents[2] / "benchmarks" / "coverage_of_intervals.py"
    spec = importlib.util.spec_from_file_location("coverage_of_intervals", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Where dataclasses look for the module of a class.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


noise = load_script()


def test_estimate_of_known_samples() -> None:
    """The median, the interpolated order statistics, the count: as computed by hand for ten samples."""
    # Between the 2nd (97.85%) and the 3rd (89.06%) of ten: share 0.32432, hence rank 2 + 8 * s / (2 + 6 * s) = 2.65766.
    seconds = [4.0, 1.0, 9.0, 3.0, 10.0, 6.0, 2.0, 8.0, 5.0, 7.0]
    found = estimate(seconds)
    assert (found.median_s, found.count, found.outliers) == (5.5, 10, 0)
    assert found.low_s == pytest.approx(2.657658, abs=1e-6)
    assert found.high_s == pytest.approx(8.342342, abs=1e-6)


def test_half_width_is_relative_to_the_median() -> None:
    """An interval from 0.9 to 1.3 around 2.0 is read as plus or minus 10%."""
    assert Estimate(median_s=2.0, low_s=0.9, high_s=1.3, count=9, outliers=0).relative_half_width == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("low_s", "high_s", "lopsided"),
    [
        (90.0, 120.0, False),
        (90.0, 121.0, True),
        (80.0, 110.0, False),
        (79.0, 110.0, True),
        (100.0, 101.0, True),
        (99.0, 100.0, True),
        (100.0, 100.0, False),
        (None, None, False),
    ],
)
def test_an_interval_is_lopsided_from_twice_as_far_on(
    low_s: float | None, high_s: float | None, *, lopsided: bool
) -> None:
    """Around 100 seconds: to either side, and also where it has nothing on the other."""
    assert Estimate(median_s=100.0, low_s=low_s, high_s=high_s, count=9, outliers=0).lopsided is lopsided


def test_five_samples_have_no_interval() -> None:
    """Five samples lie on one side of the median too often for 95%: no interval, and no width."""
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.median_s, found.low_s, found.high_s, found.relative_half_width) == (3.0, None, None, None)


def test_six_samples_have_an_interval() -> None:
    """From six samples on there is one, and it stays within them."""
    found = estimate([1.0, 3.0, 2.0, 6.0, 4.0, 5.0])
    assert found.low_s is not None
    assert found.high_s is not None
    assert 1.0 <= found.low_s < 3.5 < found.high_s <= 6.0


def test_more_confidence_asks_for_more_samples() -> None:
    """99% has no interval at seven samples, and has one at eight."""
    assert estimate([1.0, 3.0, 2.0, 7.0, 5.0, 4.0, 6.0], confidence=0.99).low_s is None
    assert estimate([1.0, 3.0, 2.0, 7.0, 5.0, 4.0, 6.0, 8.0], confidence=0.99).low_s is not None


def test_outliers_are_counted_and_kept() -> None:
    """A sample far beyond the quartiles is an outlier and still one of the samples."""
    found = estimate([1.0, 1.1, 1.2, 1.0, 1.1, 1.2, 9.0])
    assert (found.outliers, found.count, found.median_s) == (1, 7, 1.1)


def test_equal_samples_have_an_interval_of_no_width() -> None:
    """A clock that always says the same leaves no doubt, and no outliers."""
    assert estimate([0.25] * 50) == Estimate(median_s=0.25, low_s=0.25, high_s=0.25, count=50, outliers=0)


@pytest.mark.parametrize("bad", [nan, inf, 0.0, -1.0])
def test_impossible_samples_are_refused(bad: float) -> None:
    """A time that is not a positive finite number is an error, not a strange median."""
    with pytest.raises(ValueError, match="positive finite"):
        estimate([1.0, bad, 1.0])


def test_no_samples_are_refused() -> None:
    """Nothing has no median."""
    with pytest.raises(ValueError, match="no samples"):
        estimate([])


@pytest.mark.parametrize("count", [10, 20, 50, 100])
@pytest.mark.parametrize(
    "source",
    [
        noise.log_normal(0.02),
        noise.log_normal(1.0),
        noise.pareto(1.5),
        noise.bimodal(0.7, 1.3),
        noise.bimodal(0.55, 1.1),
    ],
    ids=lambda source: source.name,
)
def test_independent_samples_are_covered_as_promised(source: object, count: int) -> None:
    """The 95% interval holds the true median in 93 to 97% of trials, within two standard errors of so few."""
    held, _ = noise.coverage(source, count, TRIALS)
    assert 0.93 - TOLERANCE_95 <= held <= 0.97 + TOLERANCE_95


@pytest.mark.parametrize("count", [100, 200])
@pytest.mark.parametrize(
    "source",
    [noise.drift(0.5), noise.drift(0.9), noise.bursts(0.1, 5), noise.bursts(0.2, 5), noise.bursts(0.3, 5)],
    ids=lambda source: source.name,
)
def test_correlated_samples_are_covered_in_nine_of_ten_trials(source: object, count: int) -> None:
    """Under drift and bursts the interval holds the true median in 90% of trials, within two standard errors."""
    held, _ = noise.coverage(source, count, TRIALS)
    assert held >= 0.90 - TOLERANCE_90


def test_drift_widens_the_interval() -> None:
    """The same samples say less in the order of a drift than in a random order."""
    drifting = [1 + 0.001 * index for index in range(100)]
    shuffled = random.Random(3).sample(drifting, 100)
    drifting_width, shuffled_width = (estimate(seconds).relative_half_width for seconds in (drifting, shuffled))
    assert drifting_width is not None
    assert shuffled_width is not None
    assert drifting_width > 2 * shuffled_width


def test_a_coarse_clock_is_no_drift() -> None:
    """Ties are shared ranks: samples of two values in random order get the interval of independent samples."""
    seconds = random.Random(5).choices([1.0, 2.0], weights=[9, 1], k=100)
    found = estimate(seconds)
    assert (found.low_s, found.high_s) == (1.0, 1.0)


@pytest.mark.parametrize(("count", "rank"), [(10, 2.657658), (20, 6.235234), (100, 40.763201), (101, 41.202800)])
def test_ranks_of_independent_samples(count: int, rank: float) -> None:
    """The ranks from the binomial distribution; above 100 samples its normal approximation is within 0.06 of them."""
    assert independent_rank(count, 0.95) == pytest.approx(rank, abs=0.06 if count > 100 else 1e-6)


def test_inflation_is_the_weighted_sum_of_correlations() -> None:
    """By hand: +1 +1 -1 -1 has a correlation of 1/4 at lag 1 and of -2/4 at lag 2; weights 2/3 and 1/3."""
    assert inflation(np.array([1.0, 1.0, -1.0, -1.0]), 3) == pytest.approx(1 + 2 * (2 / 3 * 1 / 4 - 1 / 3 * 2 / 4))


def test_an_estimate_is_quick_enough_for_a_stop_rule() -> None:
    """200 drifting samples take less than a millisecond (the quickest of 50 calls, as other processes disturb)."""
    seconds = [1 + 0.001 * index for index in range(200)]

    def call_s() -> float:
        began = time.perf_counter()
        estimate(seconds)
        return time.perf_counter() - began

    assert min(call_s() for _ in range(50)) < 0.001


def test_ratio_pairs_the_samples_of_one_round(samples_of: MakeSamples) -> None:
    """A machine that slows down over the rounds disturbs both alike: the ratio is exactly 1.5 in each."""
    baseline = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    found = ratio(samples_of(*(1.5 * seconds for seconds in baseline)), samples_of(*baseline))
    assert found == Ratio(value=1.5, low=1.5, high=1.5, pairs=6)


def test_ratio_pairs_by_round_and_not_by_position(samples_of: MakeSamples) -> None:
    """Only rounds 1 to 6 have both: round 0 of one and round 7 of the other pair with nothing."""
    ours = samples_of(99.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0)
    baseline = samples_of(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 50.0, rounds=(1, 2, 3, 4, 5, 6, 7))
    assert ratio(ours, baseline) == Ratio(value=2.0, low=2.0, high=2.0, pairs=6)
    assert rounds_in_common(ours, baseline) == 6


def test_too_few_common_rounds_have_no_ratio(samples_of: MakeSamples) -> None:
    """Five common rounds cannot bound a median, and medians of different moments are not divided."""
    ours, baseline = samples_of(*[3.0] * 6), samples_of(*[2.0] * 5)
    assert ratio(ours, baseline) is None
    assert rounds_in_common(ours, baseline) == 5


def test_a_difference_is_the_median_of_the_pairs(samples_of: MakeSamples) -> None:
    """What slows both in a round cancels: the case takes 2 s more in every round, while both drift by 100 s."""
    plain = [1.0, 21.0, 41.0, 61.0, 81.0, 101.0, 121.0]
    found = difference(samples_of(*[second + 2 for second in plain]), samples_of(*plain))
    assert found == Difference(seconds=2.0, low_s=2.0, high_s=2.0, pairs=7)


def test_a_difference_can_be_negative(samples_of: MakeSamples) -> None:
    """What takes less time has a difference below zero, and so has its interval."""
    found = difference(samples_of(*[1.0] * 8), samples_of(*[1.5] * 8))
    assert found is not None
    assert (found.seconds, found.low_s, found.high_s) == (-0.5, -0.5, -0.5)


def test_too_few_pairs_have_no_difference(samples_of: MakeSamples) -> None:
    """Five rounds in common cannot bound a median."""
    assert difference(samples_of(*[1.0] * 5), samples_of(*[2.0] * 5)) is None
