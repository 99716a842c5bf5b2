"""What is asked of a machine of a cluster, and runs there: who it is, and how fit it is to measure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import UsageError
from results.records import When
from suites import choices
from suites.selection import as_it_is_now

from .luggage import unpack

if TYPE_CHECKING:
    from bench.doctor import Finding
    from results.records import Case, Environment, NoiseFloor

    from .luggage import Luggage


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How fit a machine is to measure."""

    floors: tuple[NoiseFloor, ...]
    disturbances: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    """The doctor's."""


def introduce(folder: str, luggage: Luggage, cases: tuple[Case, ...]) -> Environment:
    """Return what this machine is, once it is known that it measures what was planned.

    Args:
        folder: where plug-ins are put.
        luggage: the plug-ins.
        cases: one of each implementation and backbone of the plan.

    Raises:
        UsageError: an implementation is another one here, or is not there.

    """
    from bench import environment

    unpack(luggage, folder)
    known = choices.registry(luggage.plugins_in(folder), luggage.files_in(folder))
    for case in cases:
        try:
            here = as_it_is_now(case, known)
        except (KeyError, ValueError) as error:
            msg = f"it has no {case.implementation}: {error}; install the same attnbench there"
            raise UsageError(msg) from None
        if here != case:
            what = case.implementation if case.host is None else f"{case.implementation} in {case.host}"
            msg = f"its {what} has another source than the plan's; install the same attnbench there"
            raise UsageError(msg)
    return environment.describe(len(os.sched_getaffinity(0)))


def settle(cases: tuple[Case, ...], when: When) -> Settled:
    """Return how noisy this machine is; before its blocks, also what the doctor finds.

    Args:
        cases: that are timed, one of each kind.
        when: before or after the blocks.

    """
    from bench.clocks import observed_resolution_s
    from bench.doctor import Machine, examine
    from bench.telemetry.nvml import library

    from .. import measuring

    heard: list[str] = []
    floors = measuring.noise_floors(cases, lambda event: heard.append(event.line), when=when)
    found: tuple[Finding, ...] = ()
    if when is When.BEFORE:
        found = examine(Machine(), library(), observed_resolution_s(), lambda: floors)
    return Settled(floors=floors, disturbances=tuple(dict.fromkeys(heard)), findings=found)
