"""The time for all cases together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regression.purse import Purse

if TYPE_CHECKING:
    from collections.abc import Sequence


def allowed(spent: Sequence[float], budget_s: float = 10.0) -> list[float]:
    """Return what each case may take, if the cases take so long."""
    now = 0.0
    purse = Purse(budget_s, lambda: now)
    found = []
    for seconds in spent:
        with purse.spending() as allowed_s:
            found.append(allowed_s)
            now += seconds
    return found


def test_a_case_may_use_what_those_before_it_have_left() -> None:
    """Two that take 4 of 10 seconds leave 12."""
    assert allowed([4.0, 4.0, 22.0, 10.0]) == [10.0, 16.0, 22.0, 10.0]


def test_no_case_uses_up_what_many_have_left() -> None:
    """Three budgets at most; what it does not use is still there for the next."""
    assert allowed([0.0, 0.0, 0.0, 0.0, 30.0, 30.0]) == [10.0, 20.0, 30.0, 30.0, 30.0, 30.0]


def test_what_a_case_takes_too_long_is_not_taken_from_the_next() -> None:
    """The last build of a case ends after its budget."""
    assert allowed([13.0, 5.0]) == [10.0, 10.0]
