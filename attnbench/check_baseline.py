"""``attnbench check --baseline``: measure again what a stored run has measured, and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from attn_impls.plugins import absolute
from bench import environment
from bench.errors import refuse
from regression.baseline_cases import TIMED, cases_again
from regression.baseline_verdicts import judge_again
from regression.checking import OTHER_SEED, confirmed
from regression.limits import Limit, Limits
from regression.order import Confirming, Planned
from results import baselines
from results.checks import BAD, Judged, Verdict
from results.records import PLAIN, Subject
from suites import choices
from suites.selection import added, as_it_is_now, has_slots, takes_logits, takes_maps, takes_sequences, takes_tokens

from . import measuring
from .baselines import found_plugins
from .check_options import THIS_MACHINE
from .check_runs import measure
from .trusting import refuse_strange_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attn_impls import Registry, Spec
    from regression.baseline_cases import Again
    from results.records import Case, Run

    from .check_runs import Show


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is compared with a baseline, and how."""

    baseline: str
    """A name, the folder of a run, or THIS_MACHINE."""
    root: Path
    """Where plug-ins of the baseline are looked up."""
    impls: tuple[str, ...] = ()
    """Patterns; empty: all that the baseline has, and what plug-ins bring."""
    devices: tuple[str, ...] = ()
    """Empty: all that the baseline has."""
    plugins: tuple[str, ...] = ()
    """Empty: those of the baseline."""
    only_changed: bool = False
    threshold: float
    limits: Limits
    error_rate: float
    budget_s: float | None = None
    """Seconds of sampling a case; None: as the baseline."""
    time_limit_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of it."""

    name: str
    run: Run
    """The baseline."""
    plugins: tuple[str, ...]
    judged: tuple[Judged, ...]


def compare_with_baseline(wanted: Wanted, show: Show) -> Compared:
    """Measure the cases of a baseline again, and judge each.

    Raises:
        StoreError: there is no such baseline, or it is damaged.
        UsageError: a plug-in cannot be used, or a pattern matches nothing.
        WorkerLostError: worker processes do not come up.

    """
    name = _this_machine(wanted) if wanted.baseline == THIS_MACHINE else wanted.baseline
    run = baselines.read(name)
    if not wanted.plugins:
        refuse_strange_plugins(run, name, wanted.root)
    plugins = wanted.plugins or found_plugins(run, wanted.root)
    known = choices.registry(plugins)
    _check_patterns(wanted.impls, run, known)
    devices = frozenset(choices.devices(wanted.devices)) if wanted.devices else frozenset()
    here = environment.describe(run.environment.threads)

    def is_wanted(case: Case) -> bool:
        return (not devices or case.device in devices) and _matches(wanted.impls, case.implementation)

    again = cases_again(run, known, here, wanted=is_wanted, only_changed=wanted.only_changed)
    cases = tuple(pair.now for pair in again.pairs)
    show(Planned(cases=cases, unchanged=again.unchanged))
    first = _judged(wanted, run, again, plugins, show)
    doubtful = [each for each in first if each.verdict in BAD]
    judged = {each.case: each for each in first}
    if doubtful:
        worse = tuple(each.case for each in doubtful)
        show(Confirming(cases=worse))
        second = _judged(wanted, run, again.only(worse), plugins, show, seed=OTHER_SEED)
        judged |= {each.case: each for each in confirmed(doubtful, second)}
    return Compared(
        name=name,
        run=run,
        plugins=plugins,
        judged=(*judged.values(), *again.judged, *_new(wanted.impls, run, known)),
    )


def _this_machine(wanted: Wanted) -> str:
    device = choices.devices(wanted.devices)[0]
    return baselines.machine_name(environment.describe(1), device)


def _judged(
    wanted: Wanted, baseline: Run, again: Again, plugins: tuple[str, ...], show: Show, *, seed: int = 0
) -> tuple[Judged, ...]:
    """Measure in a process of its own, and judge."""
    if not again.pairs:
        return ()
    planned = replace(
        baseline.plan,
        suites=tuple(dict.fromkeys(block.shared.suite for block in again.blocks)),
        blocks=again.blocks,
        budget_s=wanted.budget_s or baseline.plan.budget_s,
        time_limit_s=wanted.time_limit_s,
        seed=baseline.plan.seed + seed,
        plugins=tuple(map(absolute, plugins)),
    )
    timed = any(case.suite in TIMED for case in planned.cases)
    run = measure(measuring.start_plan(planned, baseline.environment.threads), show, noise=timed)
    return tuple(
        judge_again(
            baseline, run, again, threshold=wanted.threshold, limits=wanted.limits, error_rate=wanted.error_rate
        )
    )


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or any(Limit(impl=pattern).matches(name) for pattern in patterns)


def _check_patterns(patterns: tuple[str, ...], run: Run, known: Registry) -> None:
    """Refuse a pattern that nothing matches: neither of the baseline nor of what there is now."""
    names = dict.fromkeys((*(case.implementation for case in run.plan.cases), *known.specs))
    for pattern in patterns:
        if not any(Limit(impl=pattern).matches(name) for name in names):
            refuse("implementation", pattern, names, more="The baseline's: attnbench baseline show")


def _new(patterns: tuple[str, ...], run: Run, known: Registry) -> Iterator[Judged]:
    """Yield what the baseline does not have: of what is named, or of what plug-ins bring."""
    had = {case.implementation for case in run.plan.cases}
    names = known.specs if patterns else added(known)
    for name in names:
        if name in had or not _matches(patterns, name):
            continue
        alike = [
            case
            for case in run.plan.cases
            if case.implementation != PLAIN and _works_on(known.find(name), case.subject)
        ]
        for case in alike[:1]:
            now = as_it_is_now(replace(case, implementation=name), known)
            yield Judged(case=now, verdict=Verdict.NEW, reason="the baseline does not have it")


def _works_on(spec: Spec, subject: Subject) -> bool:
    """Return whether an implementation can stand in a case of this subject."""
    match subject:
        case Subject.OP:
            return takes_logits(spec)
        case Subject.TOKENS:
            return takes_tokens(spec)
        case Subject.MIXER:
            return takes_sequences(spec)
        case Subject.MODULE:
            return takes_maps(spec)
        case Subject.NETWORK:
            return has_slots(spec)
        case _:
            assert_never(subject)
