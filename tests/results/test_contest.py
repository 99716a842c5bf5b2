"""Promises of contests: means over shapes, their intervals, and who counts as faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import pytest

from results.contest import Contest, Contestant, Mean, contest
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
        },
        planned=len(cases),
    )


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


def test_without_a_ratio_there_is_no_mean(shapes: list[Case]) -> None:
    """Nothing is not 1."""
    assert Contest(ratios={}, planned=len(shapes)).mean is None


def test_faster_is_where_the_whole_interval_says_so(shapes: list[Case]) -> None:
    """An interval that holds 1, or none at all, decides nothing."""
    found = contest_of(shapes, (0.9, 0.8, 0.99), (1.2, 1.01, 1.3), (0.9, 0.7, 1.1))
    assert (found.faster, found.slower) == (1, 1)
    undecided = contest_of(shapes[:1], (0.5, None, None))
    assert (undecided.faster, undecided.slower) == (0, 0)


def test_only_pairs_are_compared(shapes: list[Case], samples_of: Callable[..., Samples]) -> None:
    """A shape on which one of them failed, or without rounds in common, is planned, and in no ratio."""
    first, second, third = (replace(case, implementation="softmax") for case in shapes)
    fused = [replace(case, implementation="fused", source="another", options=()) for case in (first, second, third)]
    softmax, twice = samples_of(*[1.0] * 8), samples_of(*[2.0] * 8)
    later = replace(twice, rounds=tuple(range(100, 108)))
    outcomes = [
        *(Measured(case=case, samples=softmax) for case in (first, second, third)),
        Measured(case=fused[0], samples=twice),
        Measured(case=fused[2], samples=later),
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
        Measured(case=eager, samples=samples_of(*[1.0] * 8)),
        Measured(case=compiled, samples=samples_of(*[3.0] * 8)),
    ]
    found = contest((eager, compiled), outcomes, Contestant(implementation="softmax", mode=Mode.COMPILED), SOFTMAX)
    assert found is not None
    assert mean_of(found).value == pytest.approx(3.0)
    assert contest((eager, compiled), outcomes, FUSED, SOFTMAX) is None
