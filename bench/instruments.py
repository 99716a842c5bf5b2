"""The real instruments: what tests replace by fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import clocks, telemetry
from .cores import LinuxCores
from .measure import Instruments
from .surroundings import untouched

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from results.records import Case

    from .clocks import Clock
    from .prepared import Prepare
    from .surroundings import Surroundings
    from .telemetry import Watch


def instruments(
    prepare: Prepare, surroundings: Callable[[], AbstractContextManager[Surroundings]] = untouched
) -> Instruments:
    """Return what a run measures with.

    Args:
        prepare: builds the cases.
        surroundings: keeps what they share; by default nobody does, which is right for cases of our own alone.

    """
    return Instruments(
        prepare=prepare,
        clock_for=_clock_for,
        watch_for=_watch_for,
        surroundings=surroundings,
        cores=LinuxCores,
    )


def _clock_for(case: Case) -> Clock:
    return clocks.wall_clock_for(case.device) if case.input.is_step else clocks.clock_for(case.device, case.timing)


def _watch_for(case: Case) -> Watch:
    return telemetry.watch_for(case.device)
