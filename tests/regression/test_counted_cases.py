"""A check that counts instructions: one process for what is exact, then one under callgrind for the timed cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from msgspec.structs import replace as changed

from bench.errors import UsageError
from bench.events import Started
from regression import checking
from regression.calls import Calls
from regression.checking import check
from regression.order import Event, Order, Planned
from regression.twice import NotTwiceError
from results.checks import Judged, Verdict
from results.records import Case, FeatureMap
from suites.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

SE = Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=2, channels=8, height=4, width=4))
ECA = changed(SE, implementation="eca")
SIZES = changed(SE, suite="complexity")
ORDER = Order(
    base=Path("base"),
    head=Path("head"),
    request=Request(),
    threshold=0.03,
    error_rate=0.01,
    budget_s=1.0,
    calls=Calls.COUNTED,
)


def orders_of_a_check(patch: pytest.MonkeyPatch, order: Order, se: Verdict) -> tuple[list[Order], list[object]]:
    """Check with made-up processes, in which only head has ECA; return their orders and all events."""
    orders: list[Order] = []

    def in_worker(order: Order, **_: object) -> Iterator[Event]:
        orders.append(order)
        if order.calls is Calls.COUNTED:
            assert order.only is not None
            yield Planned(cases=tuple(order.only))
            for case in order.only:
                yield Started(case=case)
                yield Judged(case=case, verdict=se)
            return
        cases = [case for case in (SIZES, SE, ECA) if order.only is None or case in order.only]
        yield Planned(cases=tuple(cases))
        yield from [Judged(case=SIZES, verdict=Verdict.SAME)] * (SIZES in cases)
        yield from [Judged(case=ECA, verdict=Verdict.NEW)] * (ECA in cases)

    patch.setattr(checking, "in_worker", in_worker)
    return orders, list(check(order, devices=("cpu",), step_limit_s=1))


def test_timed_cases_are_left_to_a_process_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does nothing else: everything is slow in it. What has no other side is judged before."""
    orders, events = orders_of_a_check(monkeypatch, ORDER, Verdict.SAME)
    assert [(order.calls, order.exact, order.only) for order in orders] == [
        (Calls.LEFT, True, None),
        (Calls.COUNTED, False, frozenset([SE])),
    ]
    assert [event for event in events if isinstance(event, Judged)] == [
        Judged(case=SIZES, verdict=Verdict.SAME),
        Judged(case=changed(ECA, suite="instructions"), verdict=Verdict.NEW),
        Judged(case=changed(SE, suite="instructions"), verdict=Verdict.SAME),
    ]
    assert sum(isinstance(event, Planned) for event in events) == 1


def test_what_is_worse_is_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    orders, events = orders_of_a_check(monkeypatch, ORDER, Verdict.WORSE)
    assert [order.only for order in orders] == [None, *[frozenset([SE])] * 3]
    assert events[-1] == Judged(case=changed(SE, suite="instructions"), verdict=Verdict.WORSE, confirmed=True)


def test_with_nothing_to_count_there_is_no_such_process(monkeypatch: pytest.MonkeyPatch) -> None:
    orders, _ = orders_of_a_check(monkeypatch, replace(ORDER, only=frozenset([SIZES])), Verdict.SAME)
    assert [order.calls for order in orders] == [Calls.LEFT]


def test_versions_that_do_not_fit_into_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their instructions cannot be counted beside each other; times can be taken."""

    def in_worker(_: Order, **__: object) -> NoReturn:
        msg = "pkg.ops is compiled"
        raise NotTwiceError(msg)

    monkeypatch.setattr(checking, "in_worker", in_worker)
    with pytest.raises(UsageError, match="is compiled; --instructions counts"):
        list(check(ORDER, devices=("cpu",), step_limit_s=1))
