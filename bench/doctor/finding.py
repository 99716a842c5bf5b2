"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a finding means for a measurement."""

    OK = "ok"
    UNKNOWN = "unknown"
    """The system does not say."""
    WARN = "warn"
    """Makes samples noisier, or another machine's figures differ; ratios of paired samples can be trusted."""
    BAD = "bad"
    """Figures taken like this mean little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    observed: str
    """In words, with numbers."""
    remedy: str = ""
    """What to do, where something can be done."""
