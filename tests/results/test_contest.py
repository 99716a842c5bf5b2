"""Promises of contests: means over shapes, their intervals, and who counts as faster."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, sqrt
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec.structs import replace

from results.contest import Contest, Contestant, Mean, contest
from results.intervals import median_interval
from results.records import Latency, Measured, Mode, Samples, Subject
from results.stats import Ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from results.records import Case

CaseOf = Callable[..., "Case"]
SOFTMAX, FUSED = Contestant(implementation="softmax"), Contestant(implementation="fused")


def contest_of(cases: list[Case], *ratios: tuple[float, float, float]) -> Contest:
    """Return a contest with these ratios, one a shape."""
    return Contest(
        ratios={
            case: Ratio(value=value, low=low, high=high, pairs=8)
            for case, (value, low, high) in zip(cases, ratios, strict=True)
        },
        planned=len(cases),
    )


def with_interval(ratios: list[float]) -> tuple[float, float, float]:
    """Return the median of pairs with its interval, which there is."""
    found = median_interval(ratios, 0.95)
    assert found is not None
    return median(ratios), *found


def mean_of(found: Contest) -> Mean:
    """Return the mean, which there is."""
    assert found.mean is not None
    return found.mean


@pytest.fixture
def shapes(case_of: CaseOf) -> list[Case]:
    """Return three cases that differ in shape."""
    return [case_of(subject=Subject.OP, shape=(size, 10), dim=1) for size in (1, 2, 3)]


def test_the_mean_is_geometric(shapes: list[Case]) -> None:
    """Half and twice cancel."""
    assert mean_of(contest_of(shapes[:2], (0.5, 0.5, 0.5), (2.0, 2.0, 2.0))).value == pytest.approx(1.0)


def test_the_mean_s_interval_follows_from_the_ratios(shapes: list[Case]) -> None:
    """Of three equal, independent ratios it is narrower by the root of three, on the logarithmic scale."""
    reach = log(1.1)
    mean = mean_of(contest_of(shapes, *[(0.8, 0.8 / 1.1, 0.8 * 1.1)] * 3))
    assert mean.low == pytest.approx(0.8 * exp(-reach / sqrt(3)))
    assert mean.high == pytest.approx(0.8 * exp(reach / sqrt(3)))


def test_a_skewed_interval_stays_skewed(shapes: list[Case]) -> None:
    """Of one shape, the mean's interval is the ratio's own: one that holds 1 decides nothing."""
    mean = mean_of(contest_of(shapes[:1], (0.96, 0.955, 1.03)))
    assert [mean.value, mean.low, mean.high] == pytest.approx([0.96, 0.955, 1.03])


def test_an_offset_that_shapes_share_stays_in_the_interval(shapes: list[Case]) -> None:
    """Skewed alike, medians are off alike: the side away from the longer tail reaches further than chance alone.

    By hand: each median is log(1.2) / 2 below the middle of its interval, and off by that over 1.96^2; of one shape's
    interval the root of three is left, of the offset all.
    """
    mean = mean_of(contest_of(shapes, *[(0.8, 0.8, 0.8 * 1.2)] * 3))
    offset = log(1.2) / 2 / 1.96**2
    assert mean.value == pytest.approx(0.8)
    assert mean.low == pytest.approx(0.8 * exp(-offset * (1 - 1 / sqrt(3))))
    assert mean.high == pytest.approx(0.8 * exp(log(1.2) / sqrt(3)))


def test_the_mean_of_disturbed_functions_is_covered(shapes: list[Case]) -> None:
    """Eight rounds, one function disturbed in 30% of its samples, the other in 5%: 95% hold the truth."""
    draw = np.random.default_rng(7)

    def taken(share: float, *size: int) -> NDArray[np.float64]:
        steady = np.exp(0.03 * draw.standard_normal(size))
        return steady * (1 + (draw.random(size) < share) * draw.exponential(0.5, size))

    truth = float(np.median(taken(0.3, 1_000_000) / taken(0.05, 1_000_000)))
    held = 0
    trials, count = 300, 10
    cases = [replace(shapes[0], shape=(size, 10)) for size in range(count)]
    for ratios in taken(0.3, trials, count, 8) / taken(0.05, trials, count, 8):
        mean = mean_of(contest_of(cases, *map(with_interval, ratios.tolist())))
        held += mean.low <= truth <= mean.high
    assert held / trials >= 0.95 - 2 * sqrt(0.95 * 0.05 / trials)


def test_without_a_ratio_there_is_no_mean(shapes: list[Case]) -> None:
    """Nothing is not 1."""
    assert Contest(ratios={}, planned=len(shapes)).mean is None


def test_faster_is_where_the_whole_interval_says_so(shapes: list[Case]) -> None:
    """An interval that holds 1 decides nothing."""
    found = contest_of(shapes, (0.9, 0.8, 0.99), (1.2, 1.01, 1.3), (0.9, 0.7, 1.1))
    assert (found.faster, found.slower) == (1, 1)


def test_only_pairs_are_compared(shapes: list[Case], samples_of: Callable[..., Samples]) -> None:
    """A shape on which one of them failed, or without rounds in common, is planned, and in no ratio."""
    first, second, third = (replace(case, implementation="softmax") for case in shapes)
    fused = [replace(case, implementation="fused", source="another", options=()) for case in (first, second, third)]
    softmax, twice = samples_of(*[1.0] * 8), samples_of(*[2.0] * 8)
    later = replace(twice, rounds=tuple(range(100, 108)))
    outcomes = [
        *(Measured(case=case, result=Latency(samples=softmax)) for case in (first, second, third)),
        Measured(case=fused[0], result=Latency(samples=twice)),
        Measured(case=fused[2], result=Latency(samples=later)),
    ]
    found = contest((first, second, third, *fused), outcomes, FUSED, SOFTMAX)
    assert found is not None
    assert [(case.shape, each.value) for case, each in found.ratios.items()] == [((1, 10), 2.0)]
    assert found.planned == 3


def test_compiled_is_another_contestant(shapes: list[Case], samples_of: Callable[..., Samples]) -> None:
    """It is compared with the same function as it is; with what is not planned there is no contest."""
    eager = replace(shapes[0], implementation="softmax")
    compiled = replace(eager, mode=Mode.COMPILED)
    outcomes = [
        Measured(case=eager, result=Latency(samples=samples_of(*[1.0] * 8))),
        Measured(case=compiled, result=Latency(samples=samples_of(*[3.0] * 8))),
    ]
    found = contest((eager, compiled), outcomes, Contestant(implementation="softmax", mode=Mode.COMPILED), SOFTMAX)
    assert found is not None
    assert mean_of(found).value == pytest.approx(3.0)
    assert contest((eager, compiled), outcomes, FUSED, SOFTMAX) is None
