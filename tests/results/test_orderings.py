"""Promises of what is said of an order over machines."""

from __future__ import annotations

from msgspec.structs import replace

from results.orderings import Order, orderings
from results.records import Latency, Measured, NoiseFloor, Run, Subject, Timing

from .conftest import make_case, make_run, make_samples

CASES = (make_case(implementation="none", threads=2), make_case(implementation="se", threads=2))


def machine(plain_s: float, se_s: float, *, floor: float = 0.01, threads: int = 2) -> Run:
    """Return a run in which both took turns ten times."""
    cases = [replace(case, threads=threads) for case in CASES]
    outcomes = tuple(
        Measured(case=case, result=Latency(samples=make_samples(*[seconds] * 10)))
        for case, seconds in zip(cases, (plain_s, se_s), strict=True)
    )
    noise = NoiseFloor(
        relative=floor,
        pairs=10,
        seconds_per_call=0.1,
        builds=6,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )
    return replace(make_run(*cases), outcomes=outcomes, noise_floors=(noise,))


def test_an_order_that_turns_is_found() -> None:
    """Whatever the threads are; the times of two machines are never held against each other."""
    (found,) = orderings([machine(1.0, 2.0), machine(30.0, 20.0, threads=16)])
    assert found.orders == (Order.FASTER, Order.SLOWER)
    assert found.turns
    assert not found.holds


def test_an_order_that_holds() -> None:
    """On each machine by its own ratio."""
    (found,) = orderings([machine(1.0, 2.0), machine(0.1, 0.2)])
    assert found.holds


def test_noise_leaves_an_order_open() -> None:
    """Within the noise floor nothing is told apart, and beyond 10% of it nothing is said."""
    (found,) = orderings([machine(1.0, 1.05, floor=0.06), machine(1.0, 2.0)])
    assert found.orders == (Order.OPEN, Order.FASTER)
    assert not found.holds
    assert orderings([machine(1.0, 2.0, floor=0.5), machine(1.0, 2.0)]) == ()
