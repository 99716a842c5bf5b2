"""Promises of when something is drawn: never while a sample is timed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attnbench.progress.going import Going
from bench.events import Paused, Started
from bench.pauses import RegularPauses
from results.blocks import blocks_of
from results.records import SCHEMA_VERSION, Case, Failed, FailureKind, Images, Plan, Run, Sampled

from ...reporting.conftest import ENVIRONMENT

if TYPE_CHECKING:
    from bench.events import Event

IMAGES = Images(batch=4, channels=3, height=32, width=32, num_classes=100)
PLAIN = Case(suite="latency", implementation="none", source="", host="resnet50_cifar", input=IMAGES)
SE = replace(PLAIN, implementation="se", slot="block_output")
COUNTED = replace(SE, suite="complexity")


def ended(case: Case) -> Failed:
    """Return an outcome."""
    return Failed(case=case, kind=FailureKind.NAN, error="NaN")


def sampled(case: Case) -> Sampled:
    """Return a sample."""
    return Sampled(case=case, round=0, seconds=0.1, calls=1)


def drawn(*events: Event) -> list[bool]:
    """Return at which of these events something may be drawn."""
    going = Going(run_of(PLAIN, SE, COUNTED))
    found = []
    for at, event in enumerate(events):
        going.note(event, float(at))
        found.append(going.may_draw(event))
    return found


def run_of(*cases: Case) -> Run:
    """Return a run without outcomes."""
    plan = Plan(suites=("latency",), blocks=blocks_of(cases), budget_s=1.5, precision=0.02, seed=0, time_limit_s=300.0)
    return Run(
        schema_version=SCHEMA_VERSION,
        run_id="a run",
        started_at="2026-01-01T00:00:00+00:00",
        plan=plan,
        environment=ENVIRONMENT,
    )


def test_nothing_is_drawn_while_samples_are_taken() -> None:
    """While cases are built, in a pause, and when the last one of a block is done; not in between."""
    events: dict[str, tuple[Event, bool]] = {
        "plain is built": (Started(case=PLAIN), True),
        "se is built": (Started(case=SE), True),
        "a sample": (sampled(PLAIN), False),
        "another": (sampled(SE), False),
        "a pause": (Paused(case=PLAIN), True),
        "a third": (sampled(SE), False),
        "se is done, plain goes on": (ended(SE), False),
        "a fourth": (sampled(PLAIN), False),
        "all are done": (ended(PLAIN), True),
        "counting": (Started(case=COUNTED), True),
        "counted": (ended(COUNTED), True),
    }
    assert drawn(*(event for event, _ in events.values())) == [may for _, may in events.values()]


def test_a_case_that_starts_again_is_sampled_at_once() -> None:
    """It is alone: after it no other case is built."""
    assert drawn(Started(case=PLAIN), ended(PLAIN), Started(case=SE), Started(case=SE), sampled(SE))[-1] is False
    assert drawn(Started(case=PLAIN), Started(case=PLAIN), sampled(PLAIN))[-1] is False


def test_what_is_at_hand() -> None:
    """A case while it is built, what all have in common while they take turns."""
    going = Going(run_of(PLAIN, SE))
    names = []
    events: tuple[Event, ...] = (
        *(Started(case=SE), Started(case=PLAIN), Paused(case=PLAIN)),
        *(ended(SE), Paused(case=PLAIN)),
    )
    for event in events:
        going.note(event, 0.0)
        names.append(going.name)
    assert names == [
        "se, forward, batch 4, resnet50_cifar, float32, cpu",
        "(none), forward, batch 4, resnet50_cifar, float32, cpu",
        "2 in turns, forward, batch 4, resnet50_cifar, float32, cpu",
        "2 in turns, forward, batch 4, resnet50_cifar, float32, cpu",
        "1 failed · (none), forward, batch 4, resnet50_cifar, float32, cpu",
    ]
    assert (going.done, going.total) == (1, 2)


def test_the_bar_moves_with_the_time() -> None:
    """From nothing to nearly all of it; the noise floor after the run is left."""
    going = Going(run_of(PLAIN, SE))
    shares = [going.share(0.0)]
    events: tuple[Event, ...] = (
        *(Started(case=PLAIN), Started(case=SE), Paused(case=SE)),
        *(ended(SE), ended(PLAIN)),
    )
    for at, event in enumerate(events):
        going.note(event, 2.0 * at)
        shares.append(going.share(2.0 * at))
    assert shares[0] == 0.0
    assert all(one <= other for one, other in pairwise(shares))
    assert shares[-1] == 0.8


def test_a_pause_comes_once_a_second_and_lasts_a_moment() -> None:
    """By the clock of the process that measures; it says so before it waits."""
    now: list[float] = [0.0]
    slept: list[float] = []
    pauses = RegularPauses(lambda: now[0], slept.append)
    pauses.begin()
    found = []
    for at in (0.5, 0.999, 1.0, 1.5, 2.1):
        now[0] = at
        found.append(list(pauses.offer(PLAIN)))
    assert found == [[], [], [Paused(case=PLAIN)], [], [Paused(case=PLAIN)]]
    assert slept == [0.02, 0.02]
