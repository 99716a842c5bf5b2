"""What decides a case, of how many, in which of two processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from regression.order import Order
from results.records import Case, FeatureMap
from suites.request import Request

ORDER = Order(base=Path("base"), head=Path("head"), request=Request(), threshold=0.03, error_rate=0.01, budget_s=10.0)
SE = Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=2, channels=8, height=4, width=4))


@pytest.mark.parametrize("timed", [8, 24])
def test_two_processes_together_err_as_often_as_one_case_may(timed: int) -> None:
    """The product of their chances is the case's share of the error rate."""
    first, second = ORDER.demand(SE, timed), replace(ORDER, second=True).demand(SE, timed)
    assert first.slower_error * second.slower_error == pytest.approx(0.01 / timed)
    assert first.faster_error == pytest.approx(0.01 / timed)


def test_a_process_errs_in_one_of_twenty_at_most() -> None:
    """However few the cases are."""
    assert ORDER.demand(SE, 1).slower_error == 0.05


def test_the_second_process_only_confirms_that_there_is_a_slowdown() -> None:
    """It passes half of what the first one has to."""
    first, second = ORDER.demand(SE, 8), replace(ORDER, second=True).demand(SE, 8)
    assert (first.passed, second.passed) == (1 / 3, 1 / 6)
