"""A run's outcomes by case and by block, found once: a report is then linear in its outcomes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from .outcomes import Measured
from .samples import Latency
from .stats import estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from .blocks import Block
    from .cases import Case
    from .kinds import Subject, Timing
    from .machine import NoiseFloor
    from .outcomes import Outcome, Plan, Result
    from .stats import Estimate, Ratio

R = TypeVar("R", bound="Result")


class Index:
    """Answers what a report, a table or a frame asks of a run."""

    def __init__(self, *, plan: Plan, outcomes: Collection[Outcome], noise_floors: Collection[NoiseFloor] = ()) -> None:
        """Index what was planned and what came of it."""
        self.plan = plan
        self._outcomes = outcomes
        self._floors = noise_floors
        self.outcomes: Mapping[Case, Outcome] = {outcome.case: outcome for outcome in outcomes}
        """By case."""
        self._estimates: dict[Case, Estimate] = {}
        self._ratios: dict[tuple[Case, Case], Ratio | None] = {}

    @cached_property
    def in_plan_order(self) -> tuple[Outcome, ...]:
        """The outcomes as planned; those of cases that are not planned come last."""
        position = {case: index for index, case in enumerate(self.plan.cases)}
        return tuple(sorted(self._outcomes, key=lambda outcome: position.get(outcome.case, len(position))))

    @cached_property
    def block_of(self) -> Mapping[Case, Block]:
        """The block of each planned case."""
        return {case: block for block in self.plan.blocks for case in block.cases}

    def blocks_with(self, kind: type[Result]) -> tuple[Block, ...]:
        """Return the blocks of the suites that gave results of this kind, in plan order."""
        suites = self._suites.get(kind, set())
        return tuple(block for block in self.plan.blocks if block.shared.suite in suites)

    def reached(self, block: Block) -> tuple[Outcome, ...]:
        """Return the outcomes of a block so far, in the order of its cases."""
        return tuple(self.outcomes[case] for case in block.cases if case in self.outcomes)

    def results(self, cases: Iterable[Case], kind: type[R]) -> dict[Case, R]:
        """Return the results of this kind among the outcomes of these cases."""
        found: dict[Case, R] = {}
        for case in cases:
            outcome = self.outcomes.get(case)
            if isinstance(outcome, Measured) and isinstance(outcome.result, kind):
                found[case] = outcome.result
        return found

    def baseline_of(self, case: Case) -> Latency | None:
        """Return the times by which those of a case are divided; None if its baseline was not timed."""
        return self._timed(self.divisor_of(case))

    def divisor_of(self, case: Case) -> Case | None:
        """Return the case that one is divided by; None if there is none."""
        block = self.block_of.get(case)
        return None if block is None else block.divisor_of(case, self._is_usable)

    def copy_of(self, case: Case) -> Latency | None:
        """Return the times of the copy that a logit function is held against."""
        block = self.block_of.get(case)
        return None if block is None else self._timed(block.copied)

    def baseline(self, block: Block) -> Case | None:
        """Return the case that the others of a block are divided by: of attentions alone, none that has failed."""
        return block.baseline_among(self._is_usable)

    def _is_usable(self, case: Case) -> bool:
        return isinstance(self.outcomes.get(case), Measured | None)

    def _timed(self, case: Case | None) -> Latency | None:
        outcome = None if case is None else self.outcomes.get(case)
        found = outcome.result if isinstance(outcome, Measured) else None
        return found if isinstance(found, Latency) else None

    def estimate(self, case: Case) -> Estimate:
        """Return the median time of a case with its interval: found once, for whoever asks.

        Raises:
            KeyError: the case was not timed.

        """
        if case not in self._estimates:
            found = self._timed(case)
            if found is None:
                raise KeyError(case)
            self._estimates[case] = estimate(found.samples)
        return self._estimates[case]

    def ratio(self, case: Case, divisor: Case) -> Ratio | None:
        """Return how many times as long a case takes as another, found once; None if they were not paired.

        Raises:
            KeyError: one of them was not timed.

        """
        if (case, divisor) not in self._ratios:
            found, other = self._timed(case), self._timed(divisor)
            if found is None or other is None:
                raise KeyError(case if found is None else divisor)
            self._ratios[case, divisor] = ratio(found.samples, other.samples)
        return self._ratios[case, divisor]

    def has(self, kind: type[Result]) -> bool:
        """Return whether any case gave a result of this kind."""
        return kind in self._suites

    def noise_floor(self, case: Case) -> NoiseFloor | None:
        """Return the noise floor of the case's device, timing and kind, or None if none was measured.

        Of those before and after, and of several sessions, it is the worst: a table holds samples of all the time.
        """
        found = self.noise_floors.get((case.device, case.timing, case.subject))
        return None if found is None else found[-1]

    def is_too_noisy(self, case: Case) -> bool:
        """Return whether no case of this kind is to be called faster or slower than another; False if not known."""
        floor = self.noise_floor(case)
        return floor is not None and floor.is_too_noisy

    @cached_property
    def noise_floors(self) -> Mapping[tuple[str, Timing, Subject], tuple[NoiseFloor, ...]]:
        """All noise floors of each device, timing and kind of case, the worst one last."""
        found: dict[tuple[str, Timing, Subject], tuple[NoiseFloor, ...]] = {}
        for floor in sorted(self._floors, key=lambda floor: floor.relative):
            place = (floor.device, floor.timing, floor.subject)
            found[place] = (*found.get(place, ()), floor)
        return found

    @cached_property
    def _suites(self) -> dict[type[Result], set[str]]:
        found: dict[type[Result], set[str]] = {}
        for outcome in self._outcomes:
            if isinstance(outcome, Measured):
                found.setdefault(type(outcome.result), set()).add(outcome.case.suite)
        return found
