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
from results.records import Input, Latency, Logits, Measured, Mode, Samples
from results.stats import Ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from results.records import Case, Run

CaseOf = Callable[..., "Case"]
SOFTMAX, FUSED = Contestant(implementation="softmax"), Contestant(implementation="fused")


def contest_of(shapes: list[Input], *ratios: tuple[float, float, float]) -> Contest:
    """Return a contest with these ratios, one a shape."""
    return Contest(
        ratios={
            logits: Ratio(value=value, low=low, high=high, pairs=8)
            for logits, (value, low, high) in zip(shapes, ratios, strict=True)
        },
        planned=len(shapes),
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
def shapes() -> list[Input]:
    """Return three sizes of logits."""
    return [Logits(shape=(size, 10), dim=1) for size in (1, 2, 3)]


def test_the_mean_is_geometric(shapes: list[Input]) -> None:
    """Half and twice cancel."""
    assert mean_of(contest_of(shapes[:2], (0.5, 0.5, 0.5), (2.0, 2.0, 2.0))).value == pytest.approx(1.0)


def test_the_mean_s_interval_follows_from_the_ratios(shapes: list[Input]) -> None:
    """Of three equal, independent ratios it is narrower by the root of three, on the logarithmic scale."""
    reach = log(1.1)
    mean = mean_of(contest_of(shapes, *[(0.8, 0.8 / 1.1, 0.8 * 1.1)] * 3))
    assert mean.low == pytest.approx(0.8 * exp(-reach / sqrt(3)))
    assert mean.high == pytest.approx(0.8 * exp(reach / sqrt(3)))


def test_a_skewed_interval_stays_skewed(shapes: list[Input]) -> None:
    """Of one shape, the mean's interval is the ratio's own: one that holds 1 decides nothing."""
    mean = mean_of(contest_of(shapes[:1], (0.96, 0.955, 1.03)))
    assert [mean.value, mean.low, mean.high] == pytest.approx([0.96, 0.955, 1.03])


def test_an_offset_that_shapes_share_stays_in_the_interval(shapes: list[Input]) -> None:
    """Skewed alike, medians are off alike: the side away from the longer tail reaches further than chance alone.

    By hand: each median is log(1.2) / 2 below the middle of its interval, and off by that over 1.96^2; of one shape's
    interval the root of three is left, of the offset all.
    """
    mean = mean_of(contest_of(shapes, *[(0.8, 0.8, 0.8 * 1.2)] * 3))
    offset = log(1.2) / 2 / 1.96**2
    assert mean.value == pytest.approx(0.8)
    assert mean.low == pytest.approx(0.8 * exp(-offset * (1 - 1 / sqrt(3))))
    assert mean.high == pytest.approx(0.8 * exp(log(1.2) / sqrt(3)))


def test_the_mean_of_disturbed_functions_is_covered() -> None:
    """Eight rounds, one function disturbed in 30% of its samples, the other in 5%: 95% hold the truth."""
    draw = np.random.default_rng(7)

    def taken(share: float, *size: int) -> NDArray[np.float64]:
        steady = np.exp(0.03 * draw.standard_normal(size))
        return steady * (1 + (draw.random(size) < share) * draw.exponential(0.5, size))

    truth = float(np.median(taken(0.3, 1_000_000) / taken(0.05, 1_000_000)))
    held = 0
    trials, count = 300, 10
    sizes: list[Input] = [Logits(shape=(size, 10), dim=1) for size in range(count)]
    for ratios in taken(0.3, trials, count, 8) / taken(0.05, trials, count, 8):
        mean = mean_of(contest_of(sizes, *map(with_interval, ratios.tolist())))
        held += mean.low <= truth <= mean.high
    assert held / trials >= 0.95 - 2 * sqrt(0.95 * 0.05 / trials)


def test_without_a_ratio_there_is_no_mean(shapes: list[Input]) -> None:
    """Nothing is not 1."""
    assert Contest(ratios={}, planned=len(shapes)).mean is None


def test_faster_is_where_the_whole_interval_says_so(shapes: list[Input]) -> None:
    """An interval that holds 1 decides nothing."""
    found = contest_of(shapes, (0.9, 0.8, 0.99), (1.2, 1.01, 1.3), (0.9, 0.7, 1.1))
    assert (found.faster, found.slower) == (1, 1)


def contest_among(
    run_of: Callable[..., Run], timed: dict[Case, Samples], one: Contestant, *, pending: tuple[Case, ...] = ()
) -> Contest | None:
    """Return how a function did against PyTorch's softmax in a run of these times."""
    outcomes = tuple(Measured(case=case, result=Latency(samples=samples)) for case, samples in timed.items())
    run = run_of(*timed, *pending, outcomes=outcomes)
    return contest(run.index, run.plan.blocks, one, SOFTMAX)


def test_only_pairs_are_compared(
    shapes: list[Input], case_of: CaseOf, run_of: Callable[..., Run], samples_of: Callable[..., Samples]
) -> None:
    """A shape on which one of them failed, or without rounds in common, is planned, and in no ratio."""
    softmax = [case_of(implementation="softmax", options=(), host=None, slot=None, input=each) for each in shapes]
    fused = [replace(case, implementation="fused", source="another") for case in softmax]
    once, twice = samples_of(*[1.0] * 8), samples_of(*[2.0] * 8)
    later = replace(twice, rounds=tuple(range(100, 108)))
    timed = dict.fromkeys(softmax, once) | {fused[0]: twice, fused[2]: later}
    found = contest_among(run_of, timed, FUSED, pending=(fused[1],))
    assert found is not None
    assert {logits: each.value for logits, each in found.ratios.items()} == {shapes[0]: 2.0}
    assert found.planned == 3


def test_compiled_is_another_contestant(
    shapes: list[Input], case_of: CaseOf, run_of: Callable[..., Run], samples_of: Callable[..., Samples]
) -> None:
    """It is compared with the same function as it is; with what is not planned there is no contest."""
    eager = case_of(implementation="softmax", options=(), host=None, slot=None, input=shapes[0])
    compiled = replace(eager, mode=Mode.COMPILED)
    timed = {eager: samples_of(*[1.0] * 8), compiled: samples_of(*[3.0] * 8)}
    found = contest_among(run_of, timed, Contestant(implementation="softmax", mode=Mode.COMPILED))
    assert found is not None
    assert mean_of(found).value == pytest.approx(3.0)
    assert contest_among(run_of, timed, FUSED) is None
