"""Versions that do not fit into one process, such as compiled modules: each is measured in processes of its own.

Processes of base, its twin and head take turns, in random order, and are started anew for every figure: two processes
of the same version differ by 2 to 15% for as long as they live, by where they came to lie in memory. So intervals are
wider than those of versions in one process.
"""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from msgspec.structs import replace as changed

from bench import clocks
from bench.errors import WorkerLostError
from bench.failures import failed
from bench.limits import environment_changes
from bench.subprocesses import collect
from bench.threads import cpu_threads
from results.checks import Judged, Verdict
from suites import latency

from .audits import findings_of, judge_findings
from .builds import Arm, ArmError, Builds
from .deciding import BASE, HEAD, TWIN, head_figure, judge
from .demands import Decision, Demand
from .exact_run import Taken, compared, take
from .loading import load
from .order import AUDIT, Looked, Planned, nameless
from .pairs import cases_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from attn_impls.audit import Finding
    from results.records import Case

    from .order import Event, Order

#: Times that the processes are started at most, and builds of a case in each.
MOST_STARTS = 16
BUILDS = 5
SIDES = (BASE, TWIN, HEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A case in one process."""

    case: Case
    seconds: float
    """Of a call: the median of the builds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A case that is timed and cannot be built or run."""

    case: Case
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What the audit finds in an implementation."""

    case: Case
    findings: tuple[Finding, ...]


Found = Timed | Broken | Audited | Taken


@dataclass(slots=True, kw_only=True)
class Series:
    """The logarithms of ratios of one timed case, one a start of the processes, and what they say."""

    case: Case
    heads: list[float] = field(default_factory=list)
    twins: list[float] = field(default_factory=list)
    decision: Decision = field(default_factory=lambda: Decision(verdict=Verdict.UNDECIDED, pace=None))

    def add(self, sides: list[Found | None], demand: Demand) -> None:
        """Take up the figures of one start."""
        logs = [math.log(side.seconds) for side in sides if isinstance(side, Timed)]
        if len(logs) == len(SIDES):
            self.heads.append(head_figure(logs))
            self.twins.append(logs[TWIN] - logs[BASE])
            self.decision = judge(self.heads, self.twins, demand)

    def judged(self) -> Judged:
        """Return what they say together."""
        pace = self.decision.pace and changed(self.decision.pace, processes=len(SIDES) * len(self.heads))
        return Judged(case=self.case, verdict=self.decision.verdict, pace=pace, reason=self.decision.reason)


def check_apart(order: Order, *, devices: Collection[str], step_limit_s: float) -> Iterator[Event]:
    """Judge what is ordered, each version in processes of its own; exactly one ``Judged`` a case.

    Args:
        order: what to check.
        devices: of all cases: no others are shown to the processes.
        step_limit_s: seconds that all cases of a process may take.

    Raises:
        WorkerLostError: a process ended before its last case.

    """
    draw = random.Random(order.seed)  # noqa: S311 - an order, not a secret
    variables = environment_changes(devices)
    sides = _start(order, draw, variables, step_limit_s)
    cases = {**sides[HEAD], **{key: found for key, found in sides[BASE].items() if key not in sides[HEAD]}}
    yield Planned(cases=tuple(map(_case, cases.values())))
    waiting: list[Series] = []
    for key, found in cases.items():
        before, after = sides[BASE].get(key), sides[HEAD].get(key)
        if isinstance(before, Timed) and isinstance(after, Timed):
            waiting.append(Series(case=_case(found)))
        else:
            yield _judged(before, after, _case(found))
    timed = len(waiting)
    for start in range(MOST_STARTS):
        if start:
            again = replace(order, exact=False, only=frozenset(each.case for each in waiting))
            sides = _start(again, draw, variables, step_limit_s)
        for each in waiting:
            each.add([side.get(nameless(each.case)) for side in sides], order.demand(each.case, timed))
            yield Looked(case=each.case, decision=each.decision)
        yield from (each.judged() for each in waiting if each.decision.verdict is not Verdict.UNDECIDED)
        waiting = [each for each in waiting if each.decision.verdict is Verdict.UNDECIDED]
        if not waiting:
            return
    yield from (each.judged() for each in waiting)


def _case(found: Found) -> Case:
    return found.outcome.case if isinstance(found, Taken) else found.case


def _judged(before: Found | None, after: Found | None, case: Case) -> Judged:
    """Judge what is not timed on both sides."""
    match before, after:
        case Taken(), Taken():
            return compared(before, after)
        case Audited(), Audited():
            return judge_findings(case, before.findings, after.findings)
        case None, _:
            verdict, reason = Verdict.NEW, ""
        case _, None:
            verdict, reason = Verdict.GONE, ""
        case Broken(), Broken():
            verdict, reason = Verdict.INCOMPARABLE, f"both failed: {before.error}"
        case Broken(), _:
            verdict, reason = Verdict.INCOMPARABLE, f"base failed: {before.error}"
        case _, Broken():
            verdict, reason = Verdict.FAILED, after.error
        case _:
            msg = f"one version times {case.suite}, and the other does not"
            raise AssertionError(msg)
    return Judged(case=case, verdict=verdict, reason=reason)


def _start(
    order: Order, draw: random.Random, variables: Mapping[str, str], step_limit_s: float
) -> list[dict[Case, Found]]:
    """Let a process of each side measure all cases, one process after the other."""
    roots = {BASE: order.base, TWIN: order.base, HEAD: order.head}
    found: list[dict[Case, Found]] = [{}, {}, {}]
    for side in draw.sample(SIDES, len(SIDES)):
        alone = replace(order, base=roots[side], head=roots[side])
        ended = collect(_measure_alone, alone, variables=variables, time_limit_s=step_limit_s)
        if ended.status != 0:
            msg = f"the process of {'head' if side == HEAD else 'base'} ended before its last case: {ended.last_line}"
            raise WorkerLostError(msg)
        found[side] = {nameless(_case(each)): each for each in ended.items}
    return found


def _measure_alone(order: Order) -> Iterator[Found]:
    """Measure all cases of one version (in its process)."""
    from bench.heap import settle_heap

    settle_heap()
    version = load(order.head, order.plugins, own_tree=order.own_tree)
    cases, threads = cases_of(order, version)
    wanted = None if order.only is None else set(map(nameless, order.only))
    with cpu_threads(threads):
        for case in cases:
            if wanted is not None and nameless(case) not in wanted:
                continue
            if case.suite == AUDIT:
                yield Audited(case=case, findings=findings_of(case, version))
                continue
            if case.suite != latency.NAME:
                yield take(case, version, graphs=True)
                continue
            clock = clocks.clock_for(case.device, case.timing)
            builds = Builds(arms=[Arm(version=version, case=case)], clock=clock, draw=random.Random(order.seed))  # noqa: S311 - an order
            try:
                yield Timed(case=case, seconds=statistics.median(builds.time()[0] for _ in range(BUILDS)))
            except ArmError as error:
                cause = error.__cause__
                assert isinstance(cause, Exception)  # noqa: S101 - raised from it
                failure = failed(case, cause)
                yield Broken(case=case, error=f"{failure.kind}: {failure.error}")
