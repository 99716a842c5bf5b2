"""What the worker process of a check does: load base, its twin and head, then judge case after case."""

from __future__ import annotations

import dataclasses
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attn_impls.audit import Finding, audit
from bench import clocks
from bench.events import Started
from bench.threads import cpu_threads
from results.checks import Judged, Verdict
from results.records import PLAIN
from suites import complexity, latency
from suites.build import build_module
from suites.request import plan
from suites.selection import added, as_it_is_now

from .builds import Arm, ArmError, Builds
from .deciding import BASE, HEAD, Broken, Decision, Demand, decide
from .exact import verdict_of
from .exact_audit import audit_differences
from .exact_run import EXACT, compare_exact
from .limits import Limits
from .loading import LoadError, load
from .twice import NotTwiceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from results.records import Case
    from suites.request import Request

    from .loading import Loaded


class BaseLoadError(Exception):
    """Base cannot be imported: there is nothing to compare with."""


class HeadError(Exception):
    """Head cannot be imported."""


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
    threshold: float
    """The relative slowdown that is looked for, where no limit of the project sets another."""
    limits: Limits = field(default_factory=Limits)
    error_rate: float
    """Of all timed cases together."""
    budget_s: float
    """Of one timed case."""
    only_changed: bool = False
    only: frozenset[Case] | None = None
    """Of the cases that there are, to look a second time; whatever their source."""
    skip: frozenset[Case] = frozenset()
    """Judged before; whatever their source."""
    seed: int = 0

    def demand(self, case: Case, timed: int) -> Demand:
        """Return what decides a timed case.

        Args:
            case: of head.
            timed: cases that share the error rate.

        """
        threshold = self.limits.of(case).threshold or self.threshold
        return Demand(threshold=threshold, error_rate=self.error_rate / timed, budget_s=self.budget_s)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """One case in both versions; None: a version has none."""

    head: Case | None
    base: Case | None

    @property
    def either(self) -> Case:
        case = self.head or self.base
        assert case is not None  # noqa: S101 - one of them is there
        return case

    @property
    def unchanged(self) -> bool:
        return self.head is not None and self.base is not None and self.head.source == self.base.source


def carry_out(order: Order) -> Iterator[Event]:
    """Judge what is ordered, a case at a time.

    Raises:
        BaseLoadError: base cannot be imported.
        HeadError: head cannot be imported.
        NotTwiceError: two versions cannot be loaded into one process.
        UsageError: something that was asked for does not exist.

    """
    versions = _loaded(order)
    base, _, head = versions
    pairs, threads = _pairs(order, base, head)
    if order.only is not None:
        wanted = set(map(nameless, order.only))
        pairs = [pair for pair in pairs if nameless(pair.either) in wanted]
    left = [pair for pair in pairs if not (order.only_changed and pair.unchanged)]
    for pair in left:
        _refuse_strangers([(pair.base, base), (pair.head, head)])
    done = set(map(nameless, order.skip))
    yield Planned(cases=tuple(pair.either for pair in left), unchanged=len(pairs) - len(left))
    timed = sum(pair.either.suite == latency.NAME for pair in left)
    with cpu_threads(threads):
        for pair in left:
            if nameless(pair.either) in done:
                continue
            yield Started(case=pair.either)
            if pair.base is None or pair.head is None:
                yield Judged(case=pair.either, verdict=Verdict.NEW if pair.base is None else Verdict.GONE)
            elif pair.either.suite == latency.NAME:
                yield from _time(order, versions, pair.base, pair.head, timed)
            elif pair.either.suite == AUDIT:
                yield judge_findings(pair.head, findings_of(pair.base, base), findings_of(pair.head, head))
            else:
                yield from compare_exact([pair.head], base, head)


def _loaded(order: Order) -> tuple[Loaded, Loaded, Loaded]:
    """Load base, its twin and head, in a random order: what is loaded last may lie in memory otherwise."""
    roots = [order.base, order.base, order.head]
    found: dict[int, Loaded] = {}
    for index in random.Random(order.seed).sample(range(3), 3):  # noqa: S311 - an order, not a secret
        try:
            found[index] = load(roots[index], order.plugins, order.own_tree, others=roots)
        except LoadError as error:
            raise (HeadError if index == HEAD else BaseLoadError)(str(error)) from error
    return found[0], found[1], found[2]


def _refuse_strangers(sides: Iterable[tuple[Case | None, Loaded]]) -> None:
    """See that a version's modules are made of its own parts.

    Raises:
        NotTwiceError: a part is the other version's, by way of a registry that somebody else keeps.

    """
    for case, version in sides:
        if case is None or case.suite != complexity.NAME:
            # Each implementation has one case of that suite in each network; functions on logits keep no parts.
            continue
        with version.active():
            try:
                strangers = version.strangers(build_module(case, version.registry))
            except Exception:  # noqa: BLE001, S112 - what cannot be built, its cases say
                continue
        if strangers:
            msg = f"{case.implementation}: {strangers[0]} is another version's, by way of a registry"
            raise NotTwiceError(msg)


def _pairs(order: Order, base: Loaded, head: Loaded) -> tuple[list[_Pair], int]:
    """Return the cases of both versions, and the CPU threads to use."""
    heads, threads = cases_of(order, head)
    bases, _ = cases_of(order, base)
    pairs = [_Pair(head=case, base=_in(base, case)) for case in heads]
    known = {nameless(case) for case in heads}
    gone = [_Pair(head=None, base=case) for case in bases if nameless(case) not in known]
    return [*pairs, *gone], threads


def nameless(case: Case) -> Case:
    """Return what is the same of a case in every version."""
    return replace(case, source="", options=())


def cases_of(order: Order, version: Loaded) -> tuple[list[Case], int]:
    """Return the cases of one version, the exact ones first, and the CPU threads to use."""
    suites = ((*EXACT,) if order.exact else ()) + ((latency.NAME,) if order.timed else ())
    request = order.request
    with version.active():
        if not request.impls and order.plugins:
            # What a plug-in brings is what its repository can change.
            request = dataclasses.replace(request, impls=added(version.registry))
        _, cases, threads = plan(dataclasses.replace(request, suites=suites), version.registry)
        if order.exact:
            cases = (*cases, *_audits(cases))
    return sorted(cases, key=lambda case: case.suite == latency.NAME), threads


def _audits(cases: Iterable[Case]) -> list[Case]:
    """Return a case for the audit of each implementation."""
    first: dict[str, Case] = {}
    for case in cases:
        if case.implementation != PLAIN:
            first.setdefault(case.implementation, case)
    return [replace(case, suite=AUDIT) for case in first.values()]


def findings_of(case: Case, version: Loaded) -> tuple[Finding, ...]:
    """Return what the audit finds in a version's implementation."""
    with version.active():
        return audit(version.registry.find(case.implementation), compile=False)


def judge_findings(case: Case, base: Iterable[Finding], head: Iterable[Finding]) -> Judged:
    """Judge what the audit finds in an implementation."""
    found = audit_differences(base, head)
    return Judged(case=case, verdict=verdict_of(found), differences=found)


def _in(version: Loaded, case: Case) -> Case | None:
    with version.active(), suppress(KeyError, ValueError):
        return as_it_is_now(case, version.registry)
    return None


def _time(
    order: Order, versions: tuple[Loaded, Loaded, Loaded], base: Case, head: Case, cases: int
) -> Iterator[Looked | Judged]:
    demand = order.demand(head, cases)
    arms = [Arm(version=version, case=case) for version, case in zip(versions, (base, base, head), strict=True)]
    decision: Decision | None = None
    for looked in decide(arms, demand, clocks.clock_for(head.device, head.timing), seed=order.seed):
        if isinstance(looked, Broken):
            yield _broken(looked, arms, head)
            return
        decision = looked
        yield Looked(case=head, decision=looked)
    assert decision is not None  # noqa: S101 - it looks at least once
    yield Judged(case=head, verdict=decision.verdict, pace=decision.pace, reason=decision.reason)


def _broken(broken: Broken, arms: list[Arm], head: Case) -> Judged:
    """Head's failure is a regression if base does without it; base's is none."""
    error = f"{broken.failure.kind}: {broken.failure.error}"
    if broken.arm != HEAD:
        return Judged(case=head, verdict=Verdict.INCOMPARABLE, reason=f"base failed: {error}")
    if not _runs(arms[BASE]):
        return Judged(case=head, verdict=Verdict.INCOMPARABLE, reason=f"both failed: {error}")
    return Judged(case=head, verdict=Verdict.FAILED, reason=error)


def _runs(arm: Arm) -> bool:
    """Return whether an arm runs by itself."""
    try:
        clock = clocks.clock_for(arm.case.device, arm.case.timing)
        Builds(arms=[arm], clock=clock, draw=random.Random(0)).time()  # noqa: S311 - an order, not a secret
    except ArmError:
        return False
    return True
