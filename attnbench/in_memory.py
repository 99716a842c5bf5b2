"""A run that is written nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Case, NoiseFloor, Outcome, Run, Sampled


class Record(Protocol):
    """What keeps a run while it is measured: a RunStore, or memory alone."""

    @property
    def run(self) -> Run:
        """The run with the outcomes so far."""

    def missing(self) -> tuple[Case, ...]:
        """Return the cases that have no outcome."""

    def noted(self) -> Mapping[Case, tuple[Sampled, ...]]:
        """Return samples of missing cases that an earlier process took."""

    def add_noise_floors(self, floors: tuple[NoiseFloor, ...]) -> None:
        """Keep how noisy the machine is."""

    def add_finding(self, line: str) -> None:
        """Keep what the audit before the run did not see; once."""

    def add_disturbance(self, line: str) -> None:
        """Keep what disturbs the machine while cases are timed; once."""

    def note(self, sampled: Sampled) -> None:
        """Keep a sample of a case that is not finished."""

    def append(self, outcome: Outcome) -> None:
        """Keep an outcome."""


class InMemory:
    """Keeps outcomes for the process that asked for them; what is not finished dies with it."""

    def __init__(self, started: Run) -> None:
        self._started = started
        self._outcomes: list[Outcome] = list(started.outcomes)

    @property
    def run(self) -> Run:
        """The run with the outcomes so far."""
        return replace(self._started, outcomes=tuple(self._outcomes))

    def missing(self) -> tuple[Case, ...]:
        """Return the cases that have no outcome."""
        done = {outcome.case for outcome in self._outcomes}
        return tuple(case for case in self._started.plan.cases if case not in done)

    def noted(self) -> Mapping[Case, tuple[Sampled, ...]]:
        """Return nothing: no process came before."""
        return {}

    def add_noise_floors(self, floors: tuple[NoiseFloor, ...]) -> None:
        """Keep how noisy the machine is."""
        self._started = replace(self._started, noise_floors=(*self._started.noise_floors, *floors))

    def add_finding(self, line: str) -> None:
        """Keep what the audit before the run did not see; once."""
        if line not in self._started.audit:
            self._started = replace(self._started, audit=(*self._started.audit, line))

    def add_disturbance(self, line: str) -> None:
        """Keep what disturbs the machine while cases are timed; once."""
        if line not in self._started.disturbances:
            self._started = replace(self._started, disturbances=(*self._started.disturbances, line))

    def note(self, sampled: Sampled) -> None:
        """Leave a sample to the outcome that will have it."""

    def append(self, outcome: Outcome) -> None:
        """Keep an outcome."""
        self._outcomes.append(outcome)
