from __future__ import annotations

import pytest

from bench.stopping import PrecisionOrBudget
from results.records import StopReason

#: Ten samples whose interval is about 1 +- 0.045.
SCATTERED = (1.05, 0.95, 1.04, 0.96, 1.03, 0.97, 1.02, 0.98, 1.01, 0.99)


def reason(seconds: tuple[float, ...], spent_s: float, precision: float = 0.01) -> StopReason | None:
    """Ask a rule with a budget of ten seconds."""
    return PrecisionOrBudget(precision=precision, budget_s=10.0).reason(seconds, spent_s)


def test_it_stops_when_the_interval_is_narrow() -> None:
    """Ten equal samples: the median is known better than asked for."""
    assert reason((1.0,) * 10, spent_s=1.0) is StopReason.PRECISION


def test_nine_samples_are_not_trusted() -> None:
    """A few lucky neighbours look precise; below ten samples they end nothing."""
    assert reason((1.0,) * 9, spent_s=1.0) is None


@pytest.mark.parametrize(("precision", "expected"), [(0.06, StopReason.PRECISION), (0.02, None)])
def test_the_precision_asked_for_decides(precision: float, expected: StopReason | None) -> None:
    """The same samples are enough for 6% and not for 2%."""
    assert reason(SCATTERED, spent_s=1.0, precision=precision) is expected


def test_precision_is_relative() -> None:
    """Samples a thousand times as long, scattered a thousand times as widely, are as precise."""
    assert reason(tuple(1000 * value for value in SCATTERED), 1.0, precision=0.06) is StopReason.PRECISION


@pytest.mark.parametrize(("spent_s", "expected"), [(9.9, None), (10.0, StopReason.BUDGET)])
def test_it_stops_at_the_budget(spent_s: float, expected: StopReason | None) -> None:
    """Scattered samples go on until the time is spent, and the record says that it was time that ended them."""
    assert reason(SCATTERED, spent_s) is expected


def test_precision_comes_before_budget() -> None:
    """A case that is precise when its time ends has been measured as well as asked for."""
    assert reason((1.0,) * 10, spent_s=10.0) is StopReason.PRECISION


@pytest.mark.parametrize(("samples", "expected"), [(5, None), (6, StopReason.BUDGET)])
def test_a_slow_case_gets_six_samples(samples: int, expected: StopReason | None) -> None:
    """Six are the fewest with a 95% interval: a case that is slower than its budget overdraws it for them."""
    assert reason((2.5,) * samples, spent_s=2.5 * samples) is expected


@pytest.mark.parametrize(("spent_s", "expected"), [(39.0, None), (40.0, StopReason.BUDGET)])
def test_the_overdraft_ends(spent_s: float, expected: StopReason | None) -> None:
    """At four times the budget even fewer than six samples must do."""
    assert reason((spent_s / 2,) * 2, spent_s) is expected
