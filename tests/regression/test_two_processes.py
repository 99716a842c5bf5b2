"""Versions that do not fit into one process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.errors import WorkerLostError
from bench.subprocesses import Ended
from regression import two_processes
from regression.order import Order
from regression.two_processes import MOST_STARTS, Broken, Found, Timed, check_apart
from results.checks import Judged, Verdict
from results.records import Case, FeatureMap
from suites.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable

SE, ECA = (
    Case(suite="latency", implementation=name, source="", input=FeatureMap(batch=2, channels=8, height=4, width=4))
    for name in ("se", "eca")
)
ORDER = Order(base=Path("base"), head=Path("head"), request=Request(), threshold=0.03, error_rate=0.01, budget_s=1.0)


def played(
    patch: pytest.MonkeyPatch, measure: Callable[[Order, int], list[Found]], status: int | None = 0
) -> list[Order]:
    """Let processes find what they are told; return their orders."""
    orders: list[Order] = []

    def collect(_: object, order: Order, **__: Any) -> Ended[Found]:
        orders.append(order)
        return Ended(tuple(measure(order, len(orders))), status, "Killed")

    patch.setattr(two_processes, "collect", collect)
    return orders


def verdicts(order: Order = ORDER) -> dict[str, Judged]:
    events = check_apart(order, devices=("cpu",), step_limit_s=1.0)
    return {event.case.implementation: event for event in events if isinstance(event, Judged)}


def jitter(number: int) -> float:
    """Differ a little from process to process."""
    return 1 + 0.002 * (number * 7 % 5 - 2)


def test_a_slower_head_is_found_from_figures_of_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(order: Order, number: int) -> list[Found]:
        slow = 1.5 if order.head == Path("head") else 1.0
        return [Timed(case=SE, seconds=0.001 * slow * jitter(number))]

    orders = played(monkeypatch, measure)
    found = verdicts()["se"]
    assert found.verdict is Verdict.SLOWER
    assert found.pace is not None
    assert found.pace.head.ratio == pytest.approx(1.5, rel=0.01)
    # Base, its twin and head, each a process a start.
    assert found.pace.processes == len(orders) == 3 * found.pace.builds


def test_what_is_decided_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(order: Order, number: int) -> list[Found]:
        wide = 1 + 0.3 * (number * 5 % 7 - 3) / 3
        found = [Timed(case=SE, seconds=0.001 * jitter(number)), Timed(case=ECA, seconds=0.001 * wide)]
        return [each for each in found if order.only is None or each.case in order.only]

    orders = played(monkeypatch, measure)
    found = verdicts()
    assert found["se"].verdict is Verdict.SAME
    assert found["eca"].verdict is Verdict.UNDECIDED
    assert len(orders) == 3 * MOST_STARTS
    assert orders[-1].only == frozenset([ECA])


@pytest.mark.parametrize(
    ("base", "head", "verdict"),
    [
        ([Timed(case=SE, seconds=1.0)], [Broken(case=SE, error="exception: no")], Verdict.FAILED),
        ([Broken(case=SE, error="exception: no")], [Timed(case=SE, seconds=1.0)], Verdict.INCOMPARABLE),
        ([Broken(case=SE, error="a")], [Broken(case=SE, error="b")], Verdict.INCOMPARABLE),
        ([], [Timed(case=SE, seconds=1.0)], Verdict.NEW),
        ([Timed(case=SE, seconds=1.0)], [], Verdict.GONE),
    ],
)
def test_what_one_side_alone_can_run(
    monkeypatch: pytest.MonkeyPatch, base: list[Found], head: list[Found], verdict: Verdict
) -> None:
    played(monkeypatch, lambda order, _: head if order.head == Path("head") else base)
    assert verdicts()["se"].verdict is verdict


def test_a_process_that_ends_early_ends_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, lambda _, __: [], status=-9)
    with pytest.raises(WorkerLostError, match="ended before its last case: Killed"):
        verdicts()


def test_each_process_knows_one_version_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = played(monkeypatch, lambda _, __: [])
    verdicts(replace(ORDER, exact=True))
    assert {(order.base, order.head) for order in orders} == {(Path("base"),) * 2, (Path("head"),) * 2}
