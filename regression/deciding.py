"""The latency tier: one case in base, its twin and head, built and timed until it is decided or the budget ends."""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.failures import failed
from results.checks import Pace, Verdict

from .builds import ArmError, Builds
from .sequential import as_ratio, evidence_above, evidence_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.clocks import Clock
    from results.checks import Interval
    from results.records import Failed

    from .builds import Arm

#: With fewer builds nothing is decided, whatever they say.
FEWEST_BUILDS = 8
#: A decision is looked for after so many builds more, as a share of those that there are: looking costs time.
LOOK_AGAIN = 0.05
#: Of the threshold. What is slower by two thirds of it is as far from here as from the threshold, within which all is
#: the same: more is called slower sooner than the same, and less the same sooner than slower.
PASSED = 1 / 3
#: Likewise in the second process, which only confirms that there is a slowdown.
PASSED_AGAIN = 1 / 6
#: The chance, at most, that an interval does not hold the ratio.
INTERVAL_ERROR = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What decides a case."""

    threshold: float
    """The relative slowdown that is looked for: 0.03 is 3%."""
    slower_error: float
    """The chance, at most, that this process calls the case slower if nothing has changed."""
    faster_error: float
    """Likewise faster, which no second process confirms."""
    budget_s: float
    """Of building and sampling, all versions together."""
    passed: float = PASSED
    """The share of the threshold that is passed before a case is called slower, or faster."""

    @property
    def margin(self) -> float:
        """The logarithm of the ratio that is passed."""
        return math.log1p(self.passed * self.threshold)

    @property
    def within(self) -> float:
        """The logarithm of the ratio that bounds what is called the same."""
        return math.log1p(self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the figures say."""

    verdict: Verdict
    pace: Pace | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A version could not be built or run: base, its twin, or head, by their place."""

    arm: int
    failure: Failed


BASE, TWIN, HEAD = range(3)


def decide(
    arms: Sequence[Arm],
    demand: Demand,
    clock: Clock,
    *,
    seed: int,
    now_s: Callable[[], float] = time.monotonic,
) -> Iterator[Decision | Broken]:
    """Time builds until the case is decided. Yields after every look; the last is the verdict.

    Args:
        arms: base, its twin, head.
        demand: when it is decided.
        clock: of the case's device.
        seed: of the orders.
        now_s: for the budget.

    """
    builds = Builds(arms=arms, clock=clock, draw=random.Random(seed))  # noqa: S311 - an order, not a secret
    heads: list[float] = []
    twins: list[float] = []
    ends_s, look_at = now_s() + demand.budget_s, FEWEST_BUILDS
    while True:
        try:
            seconds = builds.time()
        except ArmError as error:
            cause = error.__cause__
            assert isinstance(cause, Exception)  # noqa: S101 - raised from it
            yield Broken(arm=error.index, failure=failed(arms[error.index].case, cause))
            return
        logs = [math.log(each) for each in seconds]
        heads.append(head_figure(logs))
        twins.append(logs[TWIN] - logs[BASE])
        over = now_s() >= ends_s
        if len(heads) < look_at and not over:
            continue
        look_at = len(heads) + max(1, round(LOOK_AGAIN * len(heads)))
        decision = judge(heads, twins, demand)
        yield decision
        if over or decision.verdict is not Verdict.UNDECIDED:
            return


def head_figure(logs: Sequence[float]) -> float:
    """Return the logarithm of head over base and its twin together: a quarter less variance than over base alone.

    A speed that one copy of base alone has, by the way it was loaded, counts half.
    """
    return logs[HEAD] - (logs[BASE] + logs[TWIN]) / 2


def judge(heads: Sequence[float], twins: Sequence[float], demand: Demand) -> Decision:
    """Return what the figures so far say.

    Args:
        heads: see ``head_figure``; one a pair of builds.
        twins: logarithms of the twin over base.
        demand: when it is decided.

    """
    head, twin = as_ratio(heads, INTERVAL_ERROR), as_ratio(twins, INTERVAL_ERROR)
    if head is None or len(heads) < FEWEST_BUILDS:
        return Decision(
            verdict=Verdict.UNDECIDED, pace=None, reason=f"{len(heads)} builds in the budget, too few to say anything"
        )
    pace = Pace(head=head, twin=twin, builds=len(heads), smallest=smallest_seen(heads))
    if evidence_above(heads, demand.margin) >= 1 / demand.slower_error:
        verdict = Verdict.SLOWER
    elif evidence_below(heads, -demand.margin) >= 1 / demand.faster_error:
        verdict = Verdict.FASTER
    elif _lies_within(head, demand):
        verdict = Verdict.SAME
    else:
        verdict = Verdict.UNDECIDED
    return Decision(verdict=verdict, pace=pace)


def _lies_within(head: Interval, demand: Demand) -> bool:
    """Return whether the interval lies within the threshold, and not in what is slower or faster."""
    low, high = math.log(head.low), math.log(head.high)
    return high <= demand.within and low >= -demand.within and low <= demand.margin and high >= -demand.margin


def smallest_seen(figures: Sequence[float]) -> float:
    """Return the smallest ratio whose whole effect these figures would have shown: as far above 1 as they are wide.

    Shifted until their lower bound is above 1, the figures would have refuted "no slower".
    """
    found = as_ratio(figures, INTERVAL_ERROR)
    return math.inf if found is None else found.ratio / found.low
