"""Figures of builds -> a verdict."""

from __future__ import annotations

import math
import random

import pytest

from regression.deciding import head_figure, judge
from regression.demands import Demand
from results.checks import Verdict

DEMAND = Demand(threshold=0.03, slower_error=0.001, faster_error=0.001, budget_s=10.0)


def figures(ratio: float, count: int = 100, spread: float = 0.02, seed: int = 0) -> list[float]:
    draw = random.Random(seed)
    return [math.log(ratio) + draw.gauss(0, spread) for _ in range(count)]


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(1.05, Verdict.SLOWER), (1.0, Verdict.SAME), (0.95, Verdict.FASTER), (1.01, Verdict.SAME)],
)
def test_a_ratio_has_its_verdict(ratio: float, verdict: Verdict) -> None:
    assert judge(figures(ratio), figures(1.0, seed=1), DEMAND).verdict is verdict


def test_a_slowdown_of_the_whole_threshold_is_found() -> None:
    """At 3% nothing lies within 3%, and half of it is passed."""
    assert judge(figures(1.03), figures(1.0, seed=1), DEMAND).verdict is Verdict.SLOWER


def test_a_slowdown_below_the_threshold_is_not_the_same_if_it_is_surely_above_half_of_it() -> None:
    """At 2.4%, which is known to 0.2%, and not surely enough to be called slower."""
    sure = Demand(threshold=0.03, slower_error=1e-60, faster_error=1e-60, budget_s=10.0)
    few = figures(1.024, count=400)
    assert judge(few, figures(1.0, seed=1), sure).verdict is Verdict.UNDECIDED


def test_what_one_copy_of_base_alone_has_counts_half() -> None:
    """It comes from the way it was loaded, not from its source."""
    assert head_figure([math.log(1.0), math.log(1.02), math.log(1.02)]) == pytest.approx(math.log(1.02) / 2)
    assert head_figure([0.0, 0.0, math.log(1.02)]) == pytest.approx(math.log(1.02))


def test_what_is_too_noisy_is_undecided_and_says_what_could_have_been_seen() -> None:
    decision = judge(figures(1.0, spread=0.3), figures(1.0, spread=0.3), DEMAND)
    assert decision.verdict is Verdict.UNDECIDED
    assert decision.pace is not None
    assert decision.pace.smallest > 1.03


def test_too_few_builds_decide_nothing() -> None:
    """However far apart they are."""
    decision = judge(figures(2.0, count=7), figures(1.0, count=7), DEMAND)
    assert decision.verdict is Verdict.UNDECIDED
    assert decision.pace is None


def test_the_error_rate_makes_it_harder() -> None:
    """Of so few builds one demand is met and a hundred times stricter one is not."""
    few = (figures(1.05, count=20), figures(1.0, count=20))
    lenient = Demand(threshold=0.03, slower_error=0.05, faster_error=0.00005, budget_s=10.0)
    strict = Demand(threshold=0.03, slower_error=0.00005, faster_error=0.05, budget_s=10.0)
    assert judge(*few, lenient).verdict is Verdict.SLOWER
    assert judge(*few, strict).verdict is Verdict.UNDECIDED
    mirrored = ([-each for each in few[0]], few[1])
    assert judge(*mirrored, strict).verdict is Verdict.FASTER
    assert judge(*mirrored, lenient).verdict is Verdict.UNDECIDED
