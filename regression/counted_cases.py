"""What cases are called whose instructions are counted: they are planned as those of the latency suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.checks import Judged
from suites import latency

if TYPE_CHECKING:
    from results.records import Case

    from .order import Event

#: The suite, so to speak, of a case whose instructions are counted.
INSTRUCTIONS = "instructions"


def as_counted(event: Event) -> Event:
    """Return what is judged under the name of what was done with it; other events as they are."""
    if isinstance(event, Judged) and event.case.suite == latency.NAME:
        return replace(event, case=replace(event.case, suite=INSTRUCTIONS))
    return event


def as_timed(case: Case) -> Case:
    """Return a case as it is planned."""
    return replace(case, suite=latency.NAME) if case.suite == INSTRUCTIONS else case
