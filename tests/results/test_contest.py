"""Promises of contests: means over shapes, their intervals, and who counts as faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import pytest

from results.contest import Contest, Contestant, contest
from results.records import Measured, Mode, Samples, Subject
from results.stats import Ratio

if TYPE_CHECKING:
    from results.records import Case

CaseOf = Callable[..., "Case"]
SOFTMAX, FUSED = Contestant(implementation="softmax"), Contestant(implementation="fused")


def contest_of(cases: list[Case], *ratios: tuple[float, float | None, float | None]) -> Contest:
    """Return a contest with these ratios, one a shape."""
    return Contest(
        ratios={
            case: Ratio(value=value, low=low, high=high, pairs=8, paired=low is not None)
            for case, (value, low, high) in zip(cases, ratios, strict=True)
        }
    )


@pytest.fixture
def shapes(case_of: CaseOf) -> list[Case]:
    """Return three cases that differ in shape."""
    return [case_of(subject=Subject.OP, shape=(size, 10), dim=1) for size in (1, 2, 3)]


def test_the_mean_is_geometric(shapes: list[Case]) -> None:
    """Half and twice cancel."""
    assert contest_of(shapes[:2], (0.5, 0.5, 0.5), (2.0, 2.0, 2.0)).mean.value == pytest.approx(1.0)


def test_the_mean_s_interval_follows_from_the_ratios(shapes: list[Case]) -> None:
    """Of three equal, independent ratios it is narrower by the root of three, on the logarithmic scale."""
    reach = log(1.1)
    mean = contest_of(shapes, *[(0.8, 0.8 / 1.1, 0.8 * 1.1)] * 3).mean
    assert mean.low == pytest.approx(0.8 * exp(-reach / sqrt(3)))
    assert mean.high == pytest.approx(0.8 * exp(reach / sqrt(3)))


def test_one_ratio_without_an_interval_leaves_the_mean_without(shapes: list[Case]) -> None:
    """What is not known of one shape is not known of all."""
    mean = contest_of(shapes[:2], (0.5, 0.4, 0.6), (2.0, None, None)).mean
    assert mean.value == pytest.approx(1.0)
    assert (mean.low, mean.high) == (None, None)


def test_faster_is_where_the_whole_interval_says_so(shapes: list[Case]) -> None:
    """An interval that holds 1, or none at all, decides nothing."""
    found = contest_of(shapes, (0.9, 0.8, 0.99), (1.2, 1.01, 1.3), (0.9, 0.7, 1.1))
    assert (found.faster, found.slower) == (1, 1)
    undecided = contest_of(shapes[:1], (0.5, None, None))
    assert (undecided.faster, undecided.slower) == (0, 0)


def test_only_what_was_timed_in_one_block_is_compared(shapes: list[Case], samples_of: Callable[..., Samples]) -> None:
    """A shape on which one of them failed is left out; compiled is another contestant; nothing in common is None."""
    first, second, _ = (replace(case, implementation="softmax") for case in shapes)
    softmax, twice = samples_of(*[1.0] * 8), samples_of(*[2.0] * 8)
    outcomes = [
        Measured(case=first, samples=softmax),
        Measured(case=second, samples=softmax),
        Measured(case=replace(first, implementation="fused", source="another", options=()), samples=twice),
        Measured(case=replace(second, mode=Mode.COMPILED), samples=twice),
    ]
    found = contest(outcomes, FUSED, SOFTMAX)
    assert found is not None
    assert [each.value for each in found.ratios.values()] == [2.0]
    compiled = contest(outcomes, Contestant(implementation="softmax", mode=Mode.COMPILED), SOFTMAX)
    assert compiled is not None
    assert [(case.shape, each.value) for case, each in compiled.ratios.items()] == [((2, 10), 2.0)]
    assert contest(outcomes, Contestant(implementation="entmax"), SOFTMAX) is None
