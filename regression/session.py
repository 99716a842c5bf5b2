"""What the worker process of a check does: load base, its twin and head, then judge case after case."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from bench import clocks
from bench.errors import UsageError
from bench.events import Started
from bench.threads import cpu_threads
from results.checks import Judged, Verdict
from suites import complexity, latency
from suites.build import build_module

from .audits import findings_of, judge_findings
from .builds import Arm, ArmError, Builds
from .calls import Calls
from .counting import count_pairs
from .deciding import BASE, HEAD, Broken, Decision, decide
from .exact_run import compare_exact
from .loading import Loaded, LoadError, load
from .order import AUDIT, Event, Looked, Order, Planned, nameless
from .pairs import pairs_of
from .purse import Purse
from .twice import NotTwiceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from results.records import Case

    from .deciding import Demand


class BaseLoadError(UsageError):
    """Base cannot be imported: there is nothing to compare with."""


class HeadError(UsageError):
    """Head cannot be imported."""


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
    pairs, threads = pairs_of(order, base, head)
    if order.only is not None:
        wanted = set(map(nameless, order.only))
        pairs = [pair for pair in pairs if nameless(pair.either) in wanted]
    left = [pair for pair in pairs if not (order.only_changed and pair.unchanged)]
    for pair in left:
        _refuse_strangers([(pair.base, base), (pair.head, head)])
    done = set(map(nameless, order.skip))
    yield Planned(cases=tuple(pair.either for pair in left), unchanged=len(pairs) - len(left))
    timed = sum(pair.either.suite == latency.NAME for pair in left)
    purse = Purse(order.budget_s)
    with cpu_threads(threads):
        if order.calls is Calls.COUNTED:
            yield from count_pairs([pair for pair in left if nameless(pair.either) not in done], base, head)
            return
        for pair in left:
            if nameless(pair.either) in done:
                continue
            yield Started(case=pair.either)
            if pair.base is None or pair.head is None:
                yield Judged(case=pair.either, verdict=Verdict.NEW if pair.base is None else Verdict.GONE)
            elif pair.either.suite == latency.NAME and order.calls is Calls.TIMED:
                demand = order.demand(pair.head, timed)
                with purse.spending() as budget_s:
                    yield from _time(versions, pair.base, pair.head, replace(demand, budget_s=budget_s), order.seed)
            elif pair.either.suite == latency.NAME:
                continue
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
            found[index] = load(roots[index], order.plugins, own_tree=order.own_tree, others=roots)
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


def _time(
    versions: tuple[Loaded, Loaded, Loaded], base: Case, head: Case, demand: Demand, seed: int
) -> Iterator[Looked | Judged]:
    arms = [Arm(version=version, case=case) for version, case in zip(versions, (base, base, head), strict=True)]
    decision: Decision | None = None
    for looked in decide(arms, demand, clocks.clock_for(head.device, head.timing), seed=seed):
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
