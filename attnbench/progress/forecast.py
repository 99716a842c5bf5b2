"""How long a run will take: from the cost of each case, then from what was seen of others."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.events import Started
from results.records import Complexity, Failed, Measured, Mode, Sampled, Skipped, TrainingSet
from suites import complexity, epoch, latency, memory, operators, train

from .spending import timed_s
from .work import Work

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bench.events import Event
    from results.records import Block, Case, Plan

#: Suites whose cases take turns.
TIMED = frozenset({epoch.NAME, latency.NAME, operators.NAME})
#: Until a call has been seen: multiply-adds a second of one CPU thread, and of a GPU.
CPU_RATE = 2e10
GPU_RATE = 5e12
#: Building a network and its inputs.
BUILD_S = 0.4
#: Calls that a case which is counted or watched takes, each several times as long as it would be alone.
CALLS: dict[str, float] = {complexity.NAME: 12.0, memory.NAME: 12.0}
#: Of a suite that has no model here, until one of its cases has been seen.
UNKNOWN_S = 2.0
#: What was seen counts as much as what was expected once a suite has taken so long.
TRUST_S = 4.0
#: Before the first case: the worker imports torch.
START_S = 4.0
#: The noise floor of one kind of case, on one side of the run.
FLOOR_S = 2.0
#: In a plan of so many cases, everything is estimated anew whenever something was learned: that takes milliseconds.
FEW = 1_000
#: In larger ones, when what is known has grown by this share.
NEWS = 0.25


@dataclass(frozen=True, slots=True)
class Expected:
    """Seconds that something is expected to take."""

    seconds: float
    at_least: bool = False
    """Something in it has a cost that is not known."""


class _Sum:
    """What is left of a suite, by what its cases should take."""

    __slots__ = ("at_least", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.at_least = 0
        """Units with a cost that is not known."""


class Forecast:
    """Knows what each case of a plan should take, and learns from what the first ones took.

    What is left is a sum that is kept up to date, so that looking at it costs the same in a plan of any size. What is
    learned of one case changes what others should take: the sum is made anew at once where that costs little, and else
    when what is known has grown by a share.

    Args:
        plan: of the run.
        done: cases that need not be measured.

    """

    def __init__(self, plan: Plan, done: Collection[Case] = ()) -> None:
        self._plan = plan
        self._work = Work()
        self._call_s: dict[Case, float] = {}
        # Sorted, so that the middle one is found at once.
        self._rates: dict[tuple[str, str], list[float]] = {}
        missing = {case for case in plan.cases if case not in done}
        self._open: dict[tuple[Case, ...], set[Case]] = {unit: set(unit) for unit in _units(plan.blocks, missing)}
        self._unit_of = {case: unit for unit in self._open for case in unit}
        self.floors = len({(case.device, case.timing, case.subject) for case in missing if case.suite in TIMED})
        """Kinds of cases of which the noise is measured on each side of the run."""
        self._began_s: dict[tuple[Case, ...], float] = {}
        self._expected: dict[str, float] = {}
        self._taken: dict[str, float] = {}
        self._left: dict[tuple[Case, ...], Expected] = {}
        self._sums: dict[str, _Sum] = {}
        self._learned, self._summed_at = 0, -1
        self.is_started = False
        """Whether the worker is at work."""

    def whole(self) -> Expected:
        """Return what the run takes from its first noise floor to its last."""
        left = self.left(0.0)
        return Expected(left.seconds + self.floors * FLOOR_S, left.at_least)

    def left(self, now_s: float) -> Expected:
        """Return what is left of the run.

        Args:
            now_s: on the clock of the events.

        """
        self._sum_up()
        seconds, at_least = self.floors * FLOOR_S + (0.0 if self.is_started else START_S), False
        for suite, of_suite in self._sums.items():
            seconds += of_suite.seconds * self._factor(suite)
            at_least = at_least or (of_suite.at_least > 0 and suite not in self._taken)
        for unit, began_s in self._began_s.items():
            expected_s = self._left[unit].seconds * self._factor(unit[0].suite)
            # One that takes longer than expected takes nothing of the others' time.
            seconds -= min(expected_s, max(0.0, now_s - began_s))
        return Expected(seconds, at_least)

    def saw(self, event: Event, now_s: float) -> None:
        """Learn from what happened at this time of any clock that only goes forward."""
        self.is_started = True
        if isinstance(event, Sampled):
            # Most events are such, and the first of a case is what there is to learn.
            if event.case not in self._call_s and event.case in self._unit_of:
                self._saw_call(event)
            return
        unit = self._unit_of.get(event.case)
        if unit is None:
            return
        match event:
            case Started():
                if unit in self._open:
                    self._began_s.setdefault(unit, now_s)
            case Measured() | Skipped() | Failed():
                self._saw_outcome(event)
                if unit in self._open:
                    self._open[unit].discard(event.case)
                    if not self._open[unit]:
                        self._finish(unit, now_s)

    def _saw_call(self, sampled: Sampled) -> None:
        self._call_s[sampled.case] = sampled.seconds
        self._learned += 1
        work = self._work.of(sampled.case)
        if work:
            insort(self._rates.setdefault((sampled.case.device, sampled.case.dtype), []), sampled.seconds / work)

    def _saw_outcome(self, outcome: Measured | Skipped | Failed) -> None:
        if isinstance(outcome, Measured) and isinstance(outcome.result, Complexity):
            self._work.saw(outcome)
            self._learned += 1

    def _finish(self, unit: tuple[Case, ...], now_s: float) -> None:
        # What was skipped never began: nothing is learned from it.
        if unit in self._began_s:
            suite = unit[0].suite
            expected_s = sum(self.of_case(case).seconds for case in unit)
            self._expected[suite] = self._expected.get(suite, 0.0) + expected_s
            self._taken[suite] = self._taken.get(suite, 0.0) + now_s - self._began_s.pop(unit)
        del self._open[unit]
        if unit in self._left:
            self._add(unit, self._left.pop(unit), -1)
        if not self._open:
            # Not what rounding leaves of the sums.
            self._sums = {}

    def _sum_up(self) -> None:
        """Make the sum anew, if what was learned since may change it by more than a little."""
        news = self._learned - self._summed_at
        if self._summed_at >= 0 and (not news or (len(self._unit_of) > FEW and news < NEWS * self._learned)):
            return
        self._summed_at = self._learned
        self._sums = {}
        self._left = {unit: self._of_unit(unit) for unit in self._open}
        for unit, expected in self._left.items():
            self._add(unit, expected, 1)

    def _add(self, unit: tuple[Case, ...], expected: Expected, sign: int) -> None:
        of_suite = self._sums.setdefault(unit[0].suite, _Sum())
        of_suite.seconds += sign * expected.seconds
        of_suite.at_least += sign * expected.at_least

    def _factor(self, suite: str) -> float:
        return (self._taken.get(suite, 0.0) + TRUST_S) / (self._expected.get(suite, 0.0) + TRUST_S)

    def _of_unit(self, unit: tuple[Case, ...]) -> Expected:
        found = [self.of_case(case) for case in unit]
        return Expected(sum(each.seconds for each in found), any(each.at_least for each in found))

    def of_case(self, case: Case) -> Expected:
        """Return what one case takes, from what was seen so far."""
        call_s = self._seconds_per_call(case)
        # Compiling takes as long as it takes.
        unsure = call_s is None or case.mode is not Mode.EAGER
        if case.suite in TIMED:
            return Expected(BUILD_S + timed_s(case, call_s or 0.0, self._plan.budget_s), unsure)
        if case.suite == train.NAME and isinstance(case.input, TrainingSet):
            steps = case.input.steps * case.input.epochs
            return Expected(BUILD_S + steps * (call_s or 0.0), unsure)
        if case.suite in CALLS:
            return Expected(BUILD_S + CALLS[case.suite] * (call_s or 0.0), unsure)
        return Expected(UNKNOWN_S, at_least=True)

    def _seconds_per_call(self, case: Case) -> float | None:
        if case in self._call_s:
            return self._call_s[case]
        work = self._work.of(case)
        if work is None:
            return None
        seen = self._rates.get((case.device, case.dtype))
        nominal = 1 / (CPU_RATE * (case.threads or 1) if case.device == "cpu" else GPU_RATE)
        return work * (_middle(seen) if seen else nominal)


def _middle(ordered: Sequence[float]) -> float:
    """Return the median of numbers in their order."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _units(blocks: Iterable[Block], missing: Collection[Case]) -> Iterable[tuple[Case, ...]]:
    """Yield what ends together: the cases of a block that take turns, and each other case by itself."""
    for block in blocks:
        cases = tuple(case for case in block.cases if case in missing)
        if cases and block.shared.suite in TIMED:
            yield cases
        else:
            yield from ((case,) for case in cases)
