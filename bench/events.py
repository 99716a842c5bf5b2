"""What happens while cases are measured: starts, samples, disturbances, for whoever shows or keeps them; outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from results.records import Case, Outcome, Sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A case is being built and warmed up."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """Something has changed what all figures of the process depend on, and it was put back."""

    case: Case
    """The case at hand."""
    line: str
    """Who changed what, as a line of ``Run.audit``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starved:
    """Threads of the process have to wait for cores: times are of waiting."""

    case: Case
    """The case at hand."""
    line: str
    """How many, and what to do, as a line of ``Run.disturbances``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Nothing is timed for a moment, between two rounds."""

    case: Case
    """Any of the block."""


Event = Started | Sampled | Disturbed | Starved | Paused | Outcome
