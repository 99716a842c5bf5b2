"""Figures -> evidence and intervals."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regression.sequential import as_ratio, centre, evidence_above, evidence_below, interval


def drawn(count: int, centre: float, spread: float, seed: int) -> list[float]:
    random_ = random.Random(seed)
    return [random_.gauss(centre, spread) for _ in range(count)]


def test_no_figures_say_nothing() -> None:
    """The e-value begins at 1, and there is no interval."""
    assert evidence_above([], 0.0) == 1.0
    assert interval([], 0.05) == (-math.inf, math.inf)
    assert as_ratio([], 0.05) is None


def test_one_figure_above_is_worth_the_mean_of_the_bets() -> None:
    """The only figure has the highest rank: its weight is 1, and the mean of 1 + λ over the bets is 1.5."""
    assert evidence_above([0.1], 0.0) == pytest.approx(1.5)
    assert evidence_below([0.1], 0.0) == pytest.approx(0.5)


def test_a_figure_on_the_bound_says_nothing() -> None:
    assert evidence_above([0.3, 0.3], 0.3) == 1.0


def test_no_single_figure_decides() -> None:
    """A disturbed build a thousand times as long counts as much as any largest one."""
    usual = drawn(20, 0.0, 0.01, seed=1)
    assert evidence_above([*usual, 7.0], 0.0) == pytest.approx(evidence_above([*usual, 0.5], 0.0))


def test_what_is_clearly_above_is_found() -> None:
    """Forty builds of 5% with a spread of 2% refute "at most 1.5%" a thousand to one."""
    assert evidence_above(drawn(40, math.log(1.05), 0.02, seed=2), math.log(1.015)) > 1000


@pytest.mark.parametrize("tails", ["normal", "heavy"])
def test_equals_are_seldom_called_different_whenever_one_looks(tails: str) -> None:
    """Of 300 series of equals that are looked at 60 times each, no more than 5% ever reach 20."""
    random_ = random.Random(3)

    def figure() -> float:
        return random_.gauss(0, 1) if tails == "normal" else math.tan(math.pi * (random_.random() - 0.5))

    refuted = 0
    for _ in range(300):
        figures: list[float] = []
        for _ in range(60):
            figures.append(figure())
            if evidence_above(figures, 0.0) >= 20:
                refuted += 1
                break
    assert refuted <= 15


def test_the_interval_holds_the_centre_and_shrinks() -> None:
    few, many = (as_ratio(drawn(count, math.log(1.03), 0.02, seed=4), 0.05) for count in (20, 200))
    assert few is not None
    assert many is not None
    assert few.low < 1.03 < few.high
    assert many.low < 1.03 < many.high
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_centre_is_the_median_of_the_means_of_pairs() -> None:
    """Of 0, 0, 3 the pairs' means, each figure with itself too, are 0, 0, 0, 1.5, 1.5 and 3."""
    assert centre([0.0, 0.0, 3.0]) == 0.75


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.floats(-1, 1))
def test_below_is_above_of_the_mirror_image(figures: list[float], bound: float) -> None:
    mirrored = [-figure for figure in figures]
    assert evidence_below(figures, bound) == pytest.approx(evidence_above(mirrored, -bound))


@given(st.lists(st.floats(-1, 1), min_size=12, max_size=30))
def test_an_interval_lies_around_the_centre(figures: list[float]) -> None:
    found = as_ratio(figures, 0.05)
    assert found is None or found.low <= found.ratio <= found.high
