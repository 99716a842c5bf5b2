"""The real instruments: what tests replace by fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import clocks, telemetry
from .measure import Instruments

if TYPE_CHECKING:
    from results.records import Case

    from .clocks import Clock
    from .prepared import Prepare
    from .telemetry import Watch


def instruments(prepare: Prepare) -> Instruments:
    """Return what a run measures with."""
    return Instruments(prepare=prepare, clock_for=_clock_for, watch_for=_watch_for)


def _clock_for(case: Case) -> Clock:
    return clocks.wall_clock_for(case.device) if case.input.is_step else clocks.clock_for(case.device, case.timing)


def _watch_for(case: Case) -> Watch:
    return telemetry.watch_for(case.device)
