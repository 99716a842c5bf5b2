"""Limits of a project: which one holds for a case, and what of a result is beyond it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from regression.limits import Limit, Limits, beyond
from results.checks import Difference
from results.numerics import Fault
from results.records import (
    Case,
    Complexity,
    Count,
    Direction,
    FeatureMap,
    Frontier,
    Frontiers,
    Latency,
    Memory,
    Samples,
    StopReason,
    Unit,
)

CASE = Case(
    suite="complexity",
    implementation="se:reduction=4",
    source="",
    input=FeatureMap(batch=1, channels=64, height=32, width=32),
)
COUNTS = tuple(
    Count(rule=rule, unit=unit, total=total, by_operator=())
    for rule, unit, total in (("fvcore", Unit.MAC, 100), ("ptflops", Unit.MAC, 120), ("torch", Unit.FLOP, 240))
)
SIZES = Complexity(parameters=512, counts=COUNTS)
BYTES = Memory(saved_bytes=4096, peak_live_bytes=1, read_bytes=1, written_bytes=1, operators=1)


def only(**held: Any) -> Limits:
    return Limits((dataclasses.replace(Limit(impl="*"), **held),))


def times(seconds: float) -> Latency:
    return Latency(
        samples=Samples(
            seconds=(seconds,) * 20,
            rounds=tuple(range(20)),
            calls_per_sample=1,
            warmup_calls=1,
            warmup_s=1.0,
            stop=StopReason.PRECISION,
            precision=0.01,
            clock="a fake clock",
        )
    )


@pytest.mark.parametrize(
    ("limit", "covered"),
    [
        (Limit(impl="se"), True),
        (Limit(impl="s*"), True),
        (Limit(impl="se:reduction=*"), True),
        (Limit(impl="se:reduction=8"), False),
        (Limit(impl="sk/*"), False),
        (Limit(impl="se", host="none"), True),
        (Limit(impl="se", host="resnet50"), False),
        (Limit(impl="se", dtype="float32", direction=Direction.FORWARD), True),
        (Limit(impl="se", dtype="float16"), False),
        (Limit(impl="se", direction=Direction.BACKWARD), False),
    ],
)
def test_a_limit_covers_names_of_its_pattern_within_its_scope(limit: Limit, *, covered: bool) -> None:
    """A pattern without options covers all of them."""
    assert limit.covers(CASE) is covered


def test_the_last_limit_wins_quantity_by_quantity() -> None:
    """An exception replaces what it sets, and leaves the rest."""
    limits = Limits(
        (
            Limit(impl="*", threshold=0.03, parameters=100),
            Limit(impl="se", parameters=600),
            Limit(impl="cbam", parameters=1, threshold=0.5),
        )
    )
    held = limits.of(CASE)
    assert (held.threshold, held.parameters, held.macs) == (0.03, 600, None)


def test_at_the_limit_is_within_it() -> None:
    """Beyond is more than the limit."""
    assert beyond(only(parameters=512, macs=120), CASE, SIZES) == ()
    assert beyond(only(saved_bytes=4096), CASE, BYTES) == ()
    assert beyond(Limits(), CASE, SIZES) == ()


def test_what_is_beyond_a_limit_names_it() -> None:
    """There is no base. Of counting rules, all that count multiply-accumulates are held to the limit."""
    assert beyond(only(parameters=511), CASE, SIZES) == (
        Difference(quantity="parameters", head=512, worse=True, limit=511),
    )
    assert beyond(only(macs=110), CASE, SIZES) == (
        Difference(quantity="MACs (ptflops)", head=120, worse=True, limit=110),
    )
    assert beyond(only(saved_bytes=0), CASE, BYTES) == (
        Difference(quantity="saved bytes", head=4096, worse=True, limit=0),
    )


@pytest.mark.parametrize(
    ("pattern", "threshold", "is_beyond"),
    [
        ("one large", None, False),
        ("one large", 89.0, True),
        ("one large", 100.0, True),
        ("one large", 100.5, False),
        ("all negative", -89.0, True),
        ("one NaN", None, False),
        ("one -inf", 0.0, False),
        ("one -inf", 89.0, True),
    ],
)
def test_inputs_of_the_limit_must_be_stood(pattern: str, threshold: float | None, *, is_beyond: bool) -> None:
    """It fails from its threshold on: that has to be above the limit, whichever the sign."""
    failure = None if threshold is None and pattern != "one NaN" else Fault.NAN
    frontiers = Frontiers(patterns=(Frontier(pattern=pattern, threshold=threshold, failure=failure),))
    expected = Difference(quantity=f"overflow threshold ({pattern})", head=threshold, worse=True, limit=100.0)
    assert beyond(only(overflow=100.0), CASE, frontiers) == ((expected,) if is_beyond else ())


def test_a_ratio_is_to_the_baseline() -> None:
    """Without the baseline's times there is no figure, and nothing is beyond."""
    case = replace(CASE, suite="latency")
    assert beyond(only(ratio=1.2), case, times(1.3), times(1.0)) == (
        Difference(quantity="time, times the baseline", head=1.3, worse=True, limit=1.2),
    )
    assert beyond(only(ratio=1.2), case, times(1.1), times(1.0)) == ()
    assert beyond(only(ratio=1.2), case, times(1.3)) == ()
