"""Several requests as one plan, without the cases that were excluded: a matrix of axes with holes in it."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.errors import UsageError

from .catalog import QUESTIONS, SUITES
from .choices import DIRECTIONS
from .request import Request, plan
from .selection import NO_HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from results.records import Case

    from .request import Place

#: Axis, or ``suites`` -> what a case is called there; several names are possible.
FACTS: Mapping[str, Callable[[Case], tuple[str, ...]]] = MappingProxyType(
    {
        "suites": lambda case: (case.suite,),
        "impls": lambda case: (case.implementation, case.implementation.partition(":")[0]),
        "hosts": lambda case: (case.host or NO_HOST,),
        "slots": lambda case: () if case.slot is None else (case.slot, case.slot.partition("@")[0]),
        "batch_sizes": lambda case: (str(case.input.batch),),
        "dtypes": lambda case: (case.dtype,),
        "devices": lambda case: (case.device, case.device.partition(":")[0]),
        "directions": lambda case: tuple(
            word for word, stands_for in DIRECTIONS.items() if stands_for is case.direction
        ),
        "modes": lambda case: (case.mode.value,),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Cases that are left out: those that match a pattern of every fact that is named."""

    patterns: Mapping[str, tuple[str, ...]]
    """By the names of FACTS."""
    words: str
    """How the user wrote it."""

    def holds(self, case: Case) -> bool:
        """Return whether a case is left out."""
        return all(
            any(fnmatchcase(name, pattern) for name in FACTS[fact](case) for pattern in patterns)
            for fact, patterns in self.patterns.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What is asked for at once."""

    requests: tuple[Request, ...]
    """They differ in axes alone, not in plug-ins, data or threads."""
    exclusions: tuple[Exclusion, ...] = ()


def plan_sweep(sweep: Sweep, place: Place | None = None) -> tuple[tuple[str, ...], tuple[Case, ...], int]:
    """Return the names of the suites, their cases, each once, and the CPU threads that will be used.

    Args:
        sweep: what the user asked for.
        place: as for ``plan``.

    Raises:
        UsageError: something asked for does not exist, no case is left, or an exclusion leaves out nothing.

    """
    plans = [plan(request, place=place) for request in sweep.requests]
    wanted = dict.fromkeys(case for _, cases, _ in plans for case in cases)
    for exclusion in sweep.exclusions:
        if not any(map(exclusion.holds, wanted)):
            msg = f"no case is excluded by {exclusion.words}; mend it or leave it out"
            raise UsageError(msg)
    left = [case for case in wanted if not any(exclusion.holds(case) for exclusion in sweep.exclusions)]
    if not left:
        msg = "nothing to measure: every case is excluded"
        raise UsageError(msg)
    named = {name for names, _, _ in plans for name in names}
    names = tuple(name for name in QUESTIONS if name in named)
    return names, tuple(case for name in SUITES for case in left if case.suite == name), plans[0][2]
