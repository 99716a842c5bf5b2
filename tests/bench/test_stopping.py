from __future__ import annotations

from dataclasses import dataclass

import pytest

from bench.stopping import PrecisionOrBudget
from results.records import StopReason

#: Ten samples whose interval is about 1 +- 0.045.
SCATTERED = (1.05, 0.95, 1.04, 0.96, 1.03, 0.97, 1.02, 0.98, 1.01, 0.99)


@dataclass(frozen=True)
class Taken:
    """Samples of rounds from a first one on."""

    seconds: tuple[float, ...]
    first_round: int = 0

    @property
    def rounds(self) -> tuple[int, ...]:
        """One a sample."""
        return tuple(range(self.first_round, self.first_round + len(self.seconds)))


def reason(
    seconds: tuple[float, ...],
    spent_s: float,
    precision: float = 0.01,
    *,
    baseline: Taken | None = None,
    budget_s: float = 10.0,
) -> StopReason | None:
    """Ask a rule with a budget of ten seconds."""
    return PrecisionOrBudget(precision=precision, budget_s=budget_s).reason(Taken(seconds), spent_s, baseline)


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


#: Fourteen lucky samples of one of five equal cases...
LUCKY = (1.0,) * 14
#: ...and its baseline, of which half of the rounds were disturbed: the ratio is known to some 7%.
DISTURBED = Taken((0.9, 1.0) * 7)


def test_a_wide_ratio_goes_on() -> None:
    """A median that is known well enough ends nothing while the ratio is not: it is what cases are compared by."""
    assert reason(LUCKY, 1.0) is StopReason.PRECISION
    assert reason(LUCKY, 1.0, baseline=DISTURBED) is None
    assert reason(LUCKY, 1.0, precision=0.1, baseline=DISTURBED) is StopReason.PRECISION


def test_a_narrow_ratio_alone_ends_nothing() -> None:
    """What disturbs both alike leaves the ratio narrow, and the median wide."""
    assert reason(SCATTERED, 1.0, precision=0.02, baseline=Taken(SCATTERED)) is None


def test_the_budget_ends_a_wide_ratio_too() -> None:
    """The record says that it was time."""
    assert reason(LUCKY, 10.0, baseline=DISTURBED) is StopReason.BUDGET


@pytest.mark.parametrize(("first_round", "expected"), [(1, None), (0, StopReason.PRECISION)])
def test_a_ratio_takes_ten_rounds(first_round: int, expected: StopReason | None) -> None:
    """Of ten samples nine are paired with a baseline that began a round later; of a ratio ten are asked for."""
    assert reason((1.0,) * 10, 1.0, baseline=Taken((1.0,) * 10, first_round)) is expected


def test_a_baseline_without_samples_is_waited_for() -> None:
    """In a first round it may have its turn last."""
    assert reason((1.0,) * 10, 1.0, baseline=Taken(())) is None


@pytest.mark.parametrize(("spent_s", "expected"), [(1.99, None), (2.0, StopReason.BUDGET)])
def test_a_first_look_gets_six_rounds(spent_s: float, expected: StopReason | None) -> None:
    """A budget of 0.1 s is overdrawn by up to 2 s for a ratio: six calls of 0.3 s fit in."""
    assert reason((spent_s / 5,) * 5, spent_s, budget_s=0.1) is expected
    assert reason((0.3,) * 6, 1.8, budget_s=0.1) is StopReason.BUDGET
