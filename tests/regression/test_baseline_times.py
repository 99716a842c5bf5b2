"""Times of two runs, each in terms of a reference."""

from __future__ import annotations

import pytest

from regression.baseline_times import Timed, judge_times, quotient
from results.checks import Verdict

from .timed_runs import in_network, samples

SE = in_network("se")


def timed(
    seconds: float, reference: float = 0.01, floor: float = 0.001, rounds: int = 40, spread: float = 0.0
) -> Timed:
    return Timed(samples=samples(seconds, rounds, spread), reference=samples(reference, rounds), floor=floor)


def verdict(base: Timed, head: Timed, threshold: float = 0.1) -> Verdict:
    return judge_times(SE, base, head, threshold=threshold, error_rate=0.01).verdict


def test_a_machine_that_is_slower_as_a_whole_changes_nothing() -> None:
    """Twice the time, of a reference that takes twice the time, is the same."""
    found = quotient(timed(0.012), timed(0.024, reference=0.02))
    assert found is not None
    assert found.ratio == pytest.approx(1.0)
    assert verdict(timed(0.012), timed(0.024, reference=0.02)) is Verdict.SAME


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0138, Verdict.SLOWER),
        (0.0124, Verdict.SAME),
        (0.0116, Verdict.SAME),
        (0.0104, Verdict.FASTER),
    ],
)
def test_beyond_half_of_the_threshold_it_is_slower_or_faster(seconds: float, expected: Verdict) -> None:
    assert verdict(timed(0.012), timed(seconds)) is expected


@pytest.mark.parametrize("floors", [(0.2, 0.001), (0.001, 0.2)])
def test_what_lies_within_the_noise_floor_of_either_run_is_not_slower(floors: tuple[float, float]) -> None:
    """15% more, surely as the samples have it; but equal cases of one of the runs were 20% apart."""
    base, head = timed(0.012, floor=floors[0]), timed(0.0138, floor=floors[1])
    assert verdict(base, head) is Verdict.UNDECIDED
    assert verdict(timed(0.012), timed(0.0138)) is Verdict.SLOWER


def test_noise_floors_of_both_runs_add_as_independent_errors() -> None:
    found = quotient(timed(0.012, floor=0.03), timed(0.012, floor=0.04))
    assert found is not None
    assert [found.low, found.high] == pytest.approx([1 / 1.0503, 1.0503], abs=2e-4)


def test_the_interval_has_the_uncertainty_of_the_samples() -> None:
    narrow, wide = quotient(timed(0.012), timed(0.012)), quotient(timed(0.012, spread=0.1), timed(0.012))
    assert narrow is not None
    assert wide is not None
    assert narrow.high < 1.01
    assert wide.high > 1.04


def test_too_few_rounds_decide_nothing() -> None:
    found = judge_times(SE, timed(0.012), timed(0.024, rounds=5), threshold=0.1, error_rate=0.01)
    assert (found.verdict, found.pace) == (Verdict.UNDECIDED, None)


def test_a_smaller_error_rate_demands_more() -> None:
    """Six rounds are enough for 95%, and far too few for one in a thousand."""
    base, head = timed(0.012), timed(0.018, rounds=6)
    rates = (0.02, 0.001)
    found = [judge_times(SE, base, head, threshold=0.1, error_rate=rate).verdict for rate in rates]
    assert found == [Verdict.SLOWER, Verdict.UNDECIDED]


def test_the_figures_say_that_they_come_from_two_processes() -> None:
    pace = judge_times(SE, timed(0.012), timed(0.0138), threshold=0.1, error_rate=0.01).pace
    assert pace is not None
    assert (pace.builds, pace.processes, pace.twin) == (1, 2, None)
    assert pace.head.ratio == pytest.approx(1.15)
