"""What happens while cases are measured: starts and samples, for whoever shows or keeps them, and outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from results.records import Case, Outcome, Sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A case is being built and warmed up."""

    case: Case


Event = Started | Sampled | Outcome
