"""What happens while cases are measured: starts, for whoever shows progress, and outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from results.records import Case, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A case is being worked on."""

    case: Case


Event = Started | Outcome
