"""Promises of verdicts on ratios of speeds: one test a rule, with ratios made by hand."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

import pytest

from reporting.speed_verdicts import Interval, Order, SpeedVerdict, judge, printed_ratio
from results.stats import ratio

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Samples

NOISE = 0.02
#: SENet's 209 ms of 190 ms.
SLOWER = printed_ratio(Decimal(209), Decimal(190), rate=False)
#: The same, printed of a network that is faster.
FASTER = printed_ratio(Decimal(190), Decimal(209), rate=False)
#: PSK's 6.00 s of 6.00 s.
EQUAL = printed_ratio(Decimal("6.00"), Decimal("6.00"), rate=False)


def between(low: float, high: float) -> Interval:
    return Interval(value=(low + high) / 2, low=low, high=high)


def test_a_printed_ratio_lies_where_its_rounding_allows() -> None:
    """209 / 190 is 1.1; both figures may be half a millisecond off."""
    assert SLOWER.value == pytest.approx(1.1)
    assert SLOWER.low == pytest.approx(208.5 / 190.5)
    assert SLOWER.high == pytest.approx(209.5 / 189.5)


def test_of_images_a_second_the_ratio_is_turned_over() -> None:
    """759 images a second instead of 1024 take 1.349 times as long."""
    found = printed_ratio(Decimal(759), Decimal(1024), rate=True)
    assert round(found.value, 3) == 1.349
    assert found.order() is Order.SLOWER


def test_digits_that_are_equal_or_neighbours_of_equal_do_not_order() -> None:
    """6.01 s of 6.00 s may be two numbers that differ by nothing; 6.02 s may not."""
    assert EQUAL.order() is Order.NONE
    assert printed_ratio(Decimal("6.01"), Decimal("6.00"), rate=False).order() is Order.NONE
    assert printed_ratio(Decimal("6.02"), Decimal("6.00"), rate=False).order() is Order.SLOWER


@pytest.mark.parametrize(
    ("printed", "low", "high", "verdict"),
    [
        # Beyond the noise on the printed side, whatever the size.
        (SLOWER, 1.03, 1.05, SpeedVerdict.AGREES),
        (SLOWER, 1.50, 1.60, SpeedVerdict.AGREES),
        # Beyond the noise on the other side.
        (SLOWER, 0.90, 0.95, SpeedVerdict.OPPOSITE),
        # Around 1, and even with the noise below what is printed.
        (SLOWER, 0.99, 1.01, SpeedVerdict.WITHIN_NOISE),
        # Above 1 by less than the noise: no order either.
        (SLOWER, 1.005, 1.015, SpeedVerdict.WITHIN_NOISE),
        # Below 1 by less than the noise: no opposite.
        (SLOWER, 0.985, 0.995, SpeedVerdict.WITHIN_NOISE),
        # Holds both 1 and what is printed.
        (SLOWER, 0.98, 1.12, SpeedVerdict.UNDECIDED),
        # Ends below what is printed by less than the noise.
        (SLOWER, 0.99, 1.085, SpeedVerdict.UNDECIDED),
        # Holds 1, and a row that is faster by as much as the printed one is slower.
        (SLOWER, 0.80, 1.02, SpeedVerdict.UNDECIDED),
        # The printed digits do not order: they agree with no difference, and with nothing else.
        (EQUAL, 0.99, 1.01, SpeedVerdict.AGREES),
        (EQUAL, 0.97, 1.03, SpeedVerdict.UNDECIDED),
        (EQUAL, 1.03, 1.04, SpeedVerdict.UNDECIDED),
        (EQUAL, 0.90, 0.95, SpeedVerdict.UNDECIDED),
    ],
)
def test_each_rule(printed: Interval, low: float, high: float, verdict: SpeedVerdict) -> None:
    """Each row of the rules has an example, and what lies just beside it."""
    assert judge(printed, between(low, high), NOISE) is verdict


@pytest.mark.parametrize(("low", "high"), [(1.03, 1.05), (0.90, 0.95), (0.99, 1.01), (0.98, 1.12), (0.99, 1.085)])
def test_faster_is_judged_as_slower(low: float, high: float) -> None:
    """With both ratios turned over the verdict is the same."""
    assert judge(FASTER, between(1 / high, 1 / low), NOISE) is judge(SLOWER, between(low, high), NOISE)


def test_a_noisier_machine_decides_less() -> None:
    """What agrees with a noise floor of 2% is not decided with one of 8%."""
    assert judge(SLOWER, between(1.04, 1.07), 0.02) is SpeedVerdict.AGREES
    assert judge(SLOWER, between(1.04, 1.07), 0.08) is SpeedVerdict.UNDECIDED


def test_more_noise_never_turns_a_verdict_into_its_opposite() -> None:
    """Over many intervals and noise floors, a verdict that noise takes away becomes none of the other direction."""
    random = Random(0)
    decided = {SpeedVerdict.AGREES, SpeedVerdict.OPPOSITE}
    for _ in range(2000):
        low = random.uniform(0.8, 1.3)
        ours = between(low, low + random.uniform(0.0, 0.2))
        small, large = sorted((random.uniform(0, 0.1), random.uniform(0, 0.1)))
        before, after = judge(SLOWER, ours, small), judge(SLOWER, ours, large)
        assert after is before or not {before, after} <= decided


def test_samples_of_a_slower_case_agree(make_samples: Callable[..., Samples]) -> None:
    """Twenty pairs, of which each second one is 8% and each other 12% longer, agree with a printed 10%."""
    base = make_samples([1.0, 1.1] * 10)
    found = ratio(make_samples([1.08, 1.232] * 10), base)
    assert found is not None
    ours = Interval(value=found.value, low=found.low, high=found.high)
    assert judge(SLOWER, ours, NOISE) is SpeedVerdict.AGREES
    found = ratio(base, base)
    assert found is not None
    ours = Interval(value=found.value, low=found.low, high=found.high)
    assert judge(SLOWER, ours, NOISE) is SpeedVerdict.WITHIN_NOISE
