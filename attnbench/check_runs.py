"""Measure a plan for a check: in memory, with its own noise floors if times are compared with another run's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.events import Starved
from results.records import Failed, Measured, Skipped, When

from . import measuring
from .hearing import Hearing
from .in_memory import InMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench import events
    from regression.order import Apart, Confirming, Event
    from results.records import Run

    Shown = Event | Confirming | Apart | events.Event
    Show = Callable[[Shown], None]


def measure(started: Run, show: Show, *, noise: bool) -> Run:
    """Measure what is planned, and return the run.

    Args:
        started: the plan.
        show: is told of everything that happens.
        noise: whether to measure the noise floors too, before and after.

    Raises:
        WorkerLostError: worker processes do not come up.

    """
    record = InMemory(started)
    cases, hear = started.plan.cases, Hearing(record).hear
    if noise:
        record.add_noise_floors(measuring.noise_floors(cases, hear))
    for event in measuring.carry_out(record.run):
        if isinstance(event, Measured | Skipped | Failed):
            record.append(event)
        if isinstance(event, Starved):
            hear(event)
        show(event)
    if noise:
        record.add_noise_floors(measuring.noise_floors(cases, hear, when=When.AFTER))
    return record.run
