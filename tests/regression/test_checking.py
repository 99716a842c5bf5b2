"""What one worker process says, what a second one confirms, and what is said of cases in which one died."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace as changed

from bench.errors import WorkerLostError
from bench.events import Started
from regression import checking
from regression.checking import check, confirmed
from regression.order import Confirming, Event, Order, Planned, nameless
from regression.worker import Died
from results.checks import Judged, Verdict
from results.records import Case, FailureKind, FeatureMap
from suites.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Script = Callable[[Order], Iterator[Event | Died]]

SE, ECA = (
    Case(suite="latency", implementation=name, source="head", input=FeatureMap(batch=2, channels=8, height=4, width=4))
    for name in ("se", "eca")
)
ORDER = Order(
    base=Path("base"), head=Path("head"), request=Request(), threshold=0.03, error_rate=0.01, budget_s=1.0, seed=4
)


def judged(case: Case, verdict: Verdict) -> Judged:
    return Judged(case=case, verdict=verdict)


def played(patch: pytest.MonkeyPatch, script: Script) -> list[Order]:
    """Let worker processes say what a script says of their orders; return the orders."""
    orders: list[Order] = []

    def in_worker(order: Order, **_: object) -> Iterator[Event | Died]:
        orders.append(order)
        yield from script(order)

    patch.setattr(checking, "in_worker", in_worker)
    return orders


def verdicts(events: Iterator[object]) -> dict[str, Verdict]:
    return {event.case.implementation: event.verdict for event in events if isinstance(event, Judged)}


def test_what_is_not_worse_needs_no_second_process(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = played(monkeypatch, lambda _: iter([Planned(cases=(SE,)), judged(SE, Verdict.SAME)]))
    assert verdicts(check(ORDER, devices=("cpu",), step_limit_s=1)) == {"se": Verdict.SAME}
    assert len(orders) == 1


def test_what_is_worse_is_looked_at_again_alone_and_otherwise_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(order: Order) -> Iterator[Event]:
        if order.only is None:
            yield judged(ECA, Verdict.SAME)
        yield judged(SE, Verdict.SLOWER)

    orders = played(monkeypatch, script)
    events = list(check(replace(ORDER, only_changed=True), devices=("cpu",), step_limit_s=1))
    assert [(order.only, order.seed, order.only_changed) for order in orders] == [
        (None, 4, True),
        (frozenset([SE]), 5, False),
    ]
    assert events == [
        judged(ECA, Verdict.SAME),
        Confirming(cases=(SE,)),
        changed(judged(SE, Verdict.SLOWER), confirmed=True),
    ]


@pytest.mark.parametrize("second", [[], [judged(SE, Verdict.SAME)], [judged(SE, Verdict.UNDECIDED)]])
def test_what_a_second_process_does_not_see_is_undecided(second: list[Judged]) -> None:
    (found,) = confirmed([judged(SE, Verdict.SLOWER)], second)
    assert (found.verdict, found.confirmed) == (Verdict.UNDECIDED, False)
    assert found.reason.startswith("slower in one process")


def test_a_second_look_is_known_by_the_case_without_its_source() -> None:
    again = judged(changed(SE, source="another"), Verdict.SLOWER)
    (found,) = confirmed([judged(SE, Verdict.SLOWER)], [again])
    assert found.confirmed is True


def test_a_death_is_the_case_s_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Base alone, with itself, does not die of it: head has failed. The others are judged by another process."""

    def script(order: Order) -> Iterator[Event | Died]:
        done = set(map(nameless, order.skip))
        if order.head == order.base:
            yield judged(SE, Verdict.SAME)
        elif nameless(SE) not in done and (order.only is None or SE in order.only):
            yield Started(case=SE)
            yield Died(kind=FailureKind.CRASH, how="was killed by SIGSEGV")
        else:
            yield judged(ECA, Verdict.SAME)

    played(monkeypatch, script)
    found = list(check(ORDER, devices=("cpu",), step_limit_s=1))
    assert verdicts(iter(found)) == {"se": Verdict.FAILED, "eca": Verdict.SAME}
    (failure,) = [event for event in found if isinstance(event, Judged) and event.verdict is Verdict.FAILED]
    assert failure.reason == "crash: its process was killed by SIGSEGV"
    assert failure.confirmed is True


def test_what_kills_base_too_is_no_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(order: Order) -> Iterator[Event | Died]:
        if order.skip:
            return
        yield Started(case=SE)
        yield Died(kind=FailureKind.HANG, how="did not finish")

    played(monkeypatch, script)
    assert verdicts(check(ORDER, devices=("cpu",), step_limit_s=1)) == {"se": Verdict.INCOMPARABLE}


def test_a_death_without_a_case_ends_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would die again and again."""
    played(monkeypatch, lambda _: iter([Died(kind=FailureKind.EXIT, how="ended itself with status 3")]))
    with pytest.raises(WorkerLostError, match="ended itself with status 3"):
        list(check(ORDER, devices=("cpu",), step_limit_s=1))
