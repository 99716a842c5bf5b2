"""Measure a plan for a check: in memory, with its own noise floors if times are compared with another run's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Failed, Measured, Skipped

from . import measuring
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
        noise: whether to measure the noise floors too.

    Raises:
        WorkerLostError: worker processes do not come up.

    """
    record = InMemory(started)
    if noise:
        record.add_noise_floors(measuring.noise_floors(started.plan.cases))
    for event in measuring.carry_out(record.run):
        if isinstance(event, Measured | Skipped | Failed):
            record.append(event)
        show(event)
    return record.run
