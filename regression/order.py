"""What a check is to do, and what happens while it does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.events import Started
from results.checks import Judged

from .calls import Calls
from .deciding import PASSED, PASSED_AGAIN, Decision, Demand
from .limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Case
    from suites.request import Request

#: The chance, at most, that the second process finds an unchanged case slower. The two know nothing of each other, so
#: both together do with the product of their chances: the first may be wrong so many times as often.
CONFIRMING_ERROR = 0.05
#: The suite, so to speak, of what an audit finds in an implementation.
AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be checked."""

    base: Path
    """Root of the files that are compared with."""
    head: Path
    plugins: tuple[str, ...] = ()
    own_tree: bool = False
    """Whether the trees are attnbench's own."""
    request: Request
    """Without suites: which ones, the tiers say."""
    exact: bool = True
    timed: bool = True
    calls: Calls = Calls.TIMED
    threshold: float
    """The relative slowdown that is looked for, where no limit of the project sets another."""
    limits: Limits = field(default_factory=Limits)
    error_rate: float
    """Of all timed cases together, in both processes that must call one of them slower."""
    budget_s: float
    """Of one timed case."""
    only_changed: bool = False
    only: frozenset[Case] | None = None
    """Of the cases that there are, to look a second time; whatever their source."""
    skip: frozenset[Case] = frozenset()
    """Judged before; whatever their source."""
    second: bool = False
    """Whether a first process has found these cases worse."""
    seed: int = 0

    def demand(self, case: Case, timed: int) -> Demand:
        """Return what decides a timed case.

        Args:
            case: of head.
            timed: cases that share the error rate.

        """
        threshold = self.limits.of(case).threshold or self.threshold
        share = self.error_rate / timed
        return Demand(
            threshold=threshold,
            slower_error=CONFIRMING_ERROR if self.second else min(CONFIRMING_ERROR, share / CONFIRMING_ERROR),
            faster_error=share,
            budget_s=self.budget_s,
            passed=PASSED_AGAIN if self.second else PASSED,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The cases of head that will be judged, those that are timed last."""

    cases: tuple[Case, ...]
    unchanged: int = 0
    """Cases that are left out because their source is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How a timed case stands."""

    case: Case
    decision: Decision


Event = Planned | Started | Looked | Judged


def nameless(case: Case) -> Case:
    """Return what is the same of a case in every version."""
    return replace(case, source="", options=())
