"""Parts of a plan that were measured apart -> one run for each kind of machine: nothing is pooled over machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from .blocks import blocks_of, compared_in
from .comparison import same_case
from .folder import StoreError
from .frame import figures_of
from .machine import differs_in, measuring_code
from .outcomes import Measured
from .samples import Latency

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .blocks import Block
    from .cases import Case
    from .outcomes import Outcome, Plan
    from .records import Run

#: What two runs of one plan have in common, beside their blocks.
OF_PLAN = ("budget_s", "precision", "seed", "time_limit_s")
#: Names that are listed before the rest is counted.
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of several runs."""

    runs: tuple[Run, ...]
    """One for each kind of machine, in the order in which the first of each was given."""
    notes: tuple[str, ...]
    """What is missing and what was there twice, a line each."""


def merge(runs: Sequence[Run]) -> Merged:
    """Put runs of one plan together, those of one kind of machine into one run.

    Runs are of one machine, or of two that are alike, if what a resumed run must share is equal: processor, cores,
    threads, GPUs, driver and versions. Of a case that was measured twice the first outcome counts that has a result.

    Raises:
        StoreError: runs of several plans, of several versions of a plug-in or an implementation, or exact figures that
            contradict each other.

    """
    _check_plans(runs)
    machines: list[list[Run]] = []
    for run in runs:
        alike = next((found for found in machines if _is_alike(found[0], run)), None)
        if alike is None:
            machines.append([run])
        else:
            alike.append(run)
    notes: list[str] = []
    merged = tuple(_merged(found, notes) for found in machines)
    return Merged(runs=merged, notes=(*_missing_parts(runs), *notes))


def _is_alike(one: Run, other: Run) -> bool:
    return (
        differs_in(one.environment, other.environment) is None and one.environment.threads == other.environment.threads
    )


def _check_plans(runs: Sequence[Run]) -> None:
    first = runs[0]
    for run in runs[1:]:
        for field in OF_PLAN:
            one, other = getattr(first.plan, field), getattr(run.plan, field)
            if one != other:
                msg = f"{first.run_id} and {run.run_id} are not of one plan: {field} is {one} and {other}; compare them"
                raise StoreError(msg)
        digests = {shard.plan for shard in (first.plan.shard, run.plan.shard) if shard is not None}
        if len(digests) > 1:
            msg = f"{first.run_id} and {run.run_id} are parts of two plans; merge those of one, and compare the others"
            raise StoreError(msg)
    files: dict[str, tuple[str, str]] = {}
    for run in runs:
        for file in run.plugin_files:
            # Where a checkout lies is a machine's own.
            name = file.path.rpartition("/")[2]
            digest, owner = files.setdefault(name, (file.sha256, run.run_id))
            if digest != file.sha256:
                msg = f"{name} of {owner} is another file than that of {run.run_id}; measure one of them again"
                raise StoreError(msg)


def _missing_parts(runs: Sequence[Run]) -> list[str]:
    """Return which parts of the plan nobody has brought."""
    shards = [run.plan.shard for run in runs if run.plan.shard is not None]
    for of in sorted({shard.of for shard in shards}):
        there = {shard.number for shard in shards if shard.of == of}
        lacking = [f"{number}/{of}" for number in range(1, of + 1) if number not in there]
        if lacking:
            return [f"not among them: {_listed([f'--shard {each}' for each in lacking])}"]
    return []


def _merged(runs: Sequence[Run], notes: list[str]) -> Run:
    if len(runs) == 1:
        return runs[0]
    first = runs[0]
    kept = _outcomes(runs, notes)
    codes = dict.fromkeys(code for run in runs for code in (measuring_code(run.environment), *run.resumed_with))
    return replace(
        first,
        run_id=f"{first.run_id[:190]}-merged",
        started_at=min(run.started_at for run in runs),
        plan=_plan([run.plan for run in runs]),
        plugin_files=tuple(dict.fromkeys(file for run in runs for file in run.plugin_files)),
        noise_floors=tuple(floor for run in runs for floor in run.noise_floors),
        audit=tuple(dict.fromkeys(line for run in runs for line in run.audit)),
        disturbances=tuple(dict.fromkeys(line for run in runs for line in run.disturbances)),
        resumed_with=tuple(code for code in codes if code != measuring_code(first.environment)),
        outcomes=kept,
    )


def _plan(plans: Sequence[Plan]) -> Plan:
    """Return the plan of all blocks, in the order of the whole plan where the parts tell it."""
    placed: list[tuple[int, Block]] = []
    for plan in plans:
        places = range(len(plan.blocks)) if plan.shard is None else plan.shard.places
        placed += zip(places, plan.blocks, strict=True)
    placed.sort(key=lambda each: each[0])
    cases = dict.fromkeys(case for _, block in placed for case in block.cases)
    return replace(
        plans[0],
        suites=tuple(dict.fromkeys(suite for plan in plans for suite in plan.suites)),
        blocks=blocks_of(cases),
        plugins=tuple(dict.fromkeys(plugin for plan in plans for plugin in plan.plugins)),
        shard=None,
    )


def _outcomes(runs: Sequence[Run], notes: list[str]) -> tuple[Outcome, ...]:
    kept: dict[Case, Outcome] = {}
    owners: dict[Case, Run] = {}
    twice: list[Case] = []
    sources: dict[Case, tuple[str, str]] = {}
    rounds: dict[Case, int] = {}
    for run in runs:
        for outcome in run.outcomes:
            case, same = outcome.case, same_case(outcome.case)
            source, owner = sources.setdefault(same, (case.source, run.run_id))
            if source != case.source:
                msg = f"the source of {case.implementation} is not the same in {owner} and {run.run_id}; compare them"
                raise StoreError(msg)
            before = kept.get(case)
            if before is not None:
                twice.append(case)
                _refuse_contradiction(before, outcome, owners[case], run)
            if before is None or (not isinstance(before, Measured) and isinstance(outcome, Measured)):
                owners[case] = run
                kept[case] = _moved(outcome, rounds.get(compared_in(case), 0))
        # What two processes sampled is not paired: the next run's rounds of a block come after this one's.
        for block, last in _last_rounds(kept.values()).items():
            rounds[block] = last + 1
    if twice:
        notes.append(f"measured twice, the first that has a result counts: {_listed(_names(twice))}")
    return tuple(kept.values())


def _refuse_contradiction(one: Outcome, other: Outcome, owner: Run, run: Run) -> None:
    """See that what is the same in every run of the same code is so (StoreError)."""
    exact = [
        {each.quantity: each.value for each in figures_of(of.index, outcome) if each.exact}
        for of, outcome in ((owner, one), (run, other))
    ]
    for quantity, value in exact[0].items():
        if exact[1].get(quantity, value) != value:
            name = f"{one.case.implementation} ({one.case.suite})"
            words = f"{value} in {owner.run_id} and {exact[1][quantity]} in {run.run_id}"
            msg = f"{quantity} of {name} is {words}; measure one of them again"
            raise StoreError(msg)


def _moved(outcome: Outcome, rounds: int) -> Outcome:
    """Return the outcome with its samples in later rounds."""
    if not rounds or not isinstance(outcome, Measured) or not isinstance(outcome.result, Latency):
        return outcome
    samples = outcome.result.samples
    later = replace(samples, rounds=tuple(each + rounds for each in samples.rounds))
    return replace(outcome, result=replace(outcome.result, samples=later))


def _last_rounds(outcomes: Iterable[Outcome]) -> dict[Case, int]:
    found: dict[Case, int] = {}
    for outcome in outcomes:
        if isinstance(outcome, Measured) and isinstance(outcome.result, Latency):
            block = compared_in(outcome.case)
            found[block] = max(found.get(block, 0), *outcome.result.samples.rounds)
    return found


def _names(cases: Iterable[Case]) -> list[str]:
    return list(dict.fromkeys(f"{case.implementation} ({case.suite}, {case.host or case.subject})" for case in cases))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
