"""Cases -> what is exact of them, measured for both versions in this process, and what is said of each.

Nothing is timed. What differs is measured again, head first, and only what differs in the same way is a difference: a
figure that is not the same from one measurement to the next says nothing of the versions.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.checks import Judged, Verdict
from results.records import Block, Direction, Failed, Measured, Subject
from suites import accuracy, complexity, memory, overflow
from suites.catalog import SUITES
from suites.selection import as_it_is_now

from .exact import differences, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from attn_impls.audit.graphs import Graphs, Untraced
    from results.checks import Difference
    from results.records import Case

    from .version import Version

#: The suites whose results are exact.
EXACT = (complexity.NAME, memory.NAME, overflow.NAME, accuracy.NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was measured of a case of one version."""

    outcome: Measured | Failed
    graphs: Graphs | Untraced | None = None
    """None where they were not counted: see ``compare_exact``."""


def compare_exact(cases: Iterable[Case], base: Version, head: Version, *, graphs: bool = True) -> Iterator[Judged]:
    """Yield what is said of each case, as soon as it is known.

    Args:
        cases: of the exact suites, as ``suites.request.plan`` gives them; of any version's source.
        base: what is compared with.
        head: what is judged.
        graphs: also count dynamo's graph breaks, in the forward cases of the memory suite. Not in networks, of which
            each would take a quarter of a minute.

    Raises:
        ValueError: a case of a suite that is not exact.

    """
    for case in cases:
        if case.suite not in EXACT:
            msg = f"{case.suite} has no exact results; those of {', '.join(EXACT)} are exact"
            raise ValueError(msg)
        yield _judged(case, base, head, graphs=graphs)


def take(case: Case, version: Version, *, graphs: bool) -> Taken:
    """Measure a case of a version, once; what its implementation raises is the outcome."""
    # All before the version is active: what measures is this program's, whatever that version has by the same name.
    from attn_impls.audit.graphs import count_graphs
    from bench.instruments import instruments
    from bench.measure import Settings, measure_block
    from bench.stopping import PrecisionOrBudget
    from suites.build import build_module
    from suites.surroundings import kept

    # Nothing of this applies to what is not timed.
    settings = Settings(stop=PrecisionOrBudget(precision=1.0, budget_s=1.0), budget_s=1.0, seed=0)
    with version.active():
        prepare = instruments(lambda each: SUITES[each.suite].prepare(each, version.registry), kept)
        events = measure_block(Block(cases=(case,)), prepare, settings)
        (outcome,) = [event for event in events if isinstance(event, Measured | Failed)]
        counted = None
        if graphs and isinstance(outcome, Measured) and _has_graphs(case):
            module = build_module(case, version.registry).eval()
            with warnings.catch_warnings():
                # What dynamo warns of, it does not understand: that is counted.
                warnings.simplefilter("ignore")
                counted = count_graphs(module, *case.input.draw(case.dtype, case.device))
    return Taken(outcome=outcome, graphs=counted)


def _judged(case: Case, base: Version, head: Version, *, graphs: bool) -> Judged:
    before, after = _case_of(case, base), _case_of(case, head)
    if before is None and after is None:
        return Judged(case=case, verdict=Verdict.INCOMPARABLE, reason="neither version has it")
    if before is None or after is None:
        only = (before or case, Verdict.GONE) if after is None else (after, Verdict.NEW)
        return Judged(case=only[0], verdict=only[1])
    was = take(before, base, graphs=graphs)
    first = compared(was, take(after, head, graphs=graphs))
    if first.verdict is Verdict.SAME:
        return first
    # The other way round: what only the first call in a process does would be the other side's now.
    is_ = take(after, head, graphs=graphs)
    return _confirmed(first, compared(take(before, base, graphs=graphs), is_))


def _case_of(case: Case, version: Version) -> Case | None:
    """Return the case as it is in this version, or None if the version does not have it."""
    with version.active():
        try:
            return as_it_is_now(case, version.registry)
        except (KeyError, ValueError):
            return None


def compared(base: Taken, head: Taken) -> Judged:
    """Return what is said of one measurement of each version."""
    before, after = base.outcome, head.outcome
    if isinstance(before, Measured):
        if isinstance(after, Failed):
            return Judged(case=after.case, verdict=Verdict.FAILED, reason=f"head fails: {_words(after)}")
        found = (*differences(before.result, after.result), *_graph_differences(base, head))
        return Judged(case=after.case, verdict=verdict_of(found), differences=found)
    if isinstance(after, Measured):
        return Judged(case=after.case, verdict=Verdict.BETTER, reason=f"only base fails: {_words(before)}")
    # By their kind: messages have addresses and paths, which are never the same.
    if before.kind is after.kind:
        return Judged(case=after.case, verdict=Verdict.SAME, reason=f"both fail: {_words(after)}")
    reason = f"base fails: {_words(before)}; head: {_words(after)}"
    return Judged(case=after.case, verdict=Verdict.INCOMPARABLE, reason=reason)


def _confirmed(first: Judged, again: Judged) -> Judged:
    """Return what two comparisons agree on."""
    if first.verdict is again.verdict and first.differences == again.differences:
        return first
    steady = tuple(each for each in first.differences if each in again.differences)
    unsteady = dict.fromkeys(each.quantity for each in (*first.differences, *again.differences) if each not in steady)
    reason = f"not the same in two measurements of one version: {', '.join(unsteady) or first.reason or again.reason}"
    verdict = verdict_of(steady) if steady else Verdict.INCOMPARABLE
    return replace(first, verdict=verdict, differences=steady, reason=reason)


def _words(failure: Failed) -> str:
    return f"{failure.kind}: {failure.error}"


def _has_graphs(case: Case) -> bool:
    alone = case.subject is not Subject.NETWORK
    return case.suite == memory.NAME and case.direction is Direction.FORWARD and alone


def _graph_differences(base: Taken, head: Taken) -> tuple[Difference, ...]:
    if base.graphs is None or head.graphs is None:
        return ()
    from .exact_audit import graph_differences

    return graph_differences(base.graphs, head.graphs)
