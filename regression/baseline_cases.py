"""A baseline's run -> which of its cases are measured again, by which references, and which cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from results.checks import Judged, Verdict
from results.records import Case, Failed, Latency, Measured, Skipped
from results.stats import ratio
from suites import latency, operators
from suites.selection import as_it_is_now

from .environments import lacks, times_differ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from attn_impls import Registry
    from results.records import Block, Environment, Run

#: The suites whose cases are timed.
TIMED = frozenset({latency.NAME, operators.NAME})
NO_REFERENCE = (
    "no other case of its block is unchanged, so nothing says how fast the machine is now; make a baseline that has "
    "another implementation beside it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A case of the baseline, and what it is now."""

    was: Measured | Failed
    now: Case
    references: tuple[tuple[Case, Case], ...] = ()
    """Unchanged cases of its block, then and now, the best first; of a case that is timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What is to be measured, and what is known without measuring."""

    pairs: tuple[Pair, ...] = ()
    blocks: tuple[Block, ...] = ()
    """Of the pairs, with the references."""
    judged: tuple[Judged, ...] = ()
    unchanged: int = 0
    """Cases that are left out because their source is the same."""

    def only(self, cases: Iterable[Case]) -> Again:
        """Return what is to be measured to look again at some cases, by the same references."""
        again = frozenset(cases)
        pairs = tuple(pair for pair in self.pairs if pair.now in again)
        needed = {pair.now for pair in pairs} | {pair.references[0][1] for pair in pairs if pair.references}
        left = ((block, [case for case in block.cases if case in needed]) for block in self.blocks)
        return Again(pairs=pairs, blocks=tuple(block.only(found) for block, found in left if found))


@dataclass(slots=True, kw_only=True)
class _Block:
    """One block of the baseline, as it is now."""

    run: Run
    block: Block
    now: dict[Case, Case | None]
    """None: what it measures is gone."""
    judged: list[Judged] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    unchanged: int = 0

    @property
    def timed(self) -> bool:
        return self.block.shared.suite in TIMED

    def rulers(self) -> list[Case]:
        """Return the cases that times can be expressed in: unchanged, and timed then; the block's baseline first."""
        first = self.run.index.baseline(self.block)
        order = sorted(self.block.cases, key=lambda case: case != first)
        return [case for case in order if _same_source(case, self.now[case]) and self._times(case) is not None]

    def references(self, case: Case, rulers: Iterable[Case]) -> Iterator[tuple[Case, Case]]:
        """Yield the rulers of a case that share enough rounds with it."""
        times = self._times(case)
        for ruler in rulers:
            known, now = self._times(ruler), self.now[ruler]
            if ruler != case and times and known and now and ratio(times.samples, known.samples):
                yield ruler, now

    def _times(self, case: Case) -> Latency | None:
        outcome = self.run.index.outcomes.get(case)
        return outcome.result if isinstance(outcome, Measured) and isinstance(outcome.result, Latency) else None


def cases_again(
    run: Run, known: Registry, here: Environment, *, wanted: Callable[[Case], bool], only_changed: bool = False
) -> Again:
    """Return what of a baseline is to be measured again, and what is said of the rest.

    A block's reference is not judged: its source is unchanged, and the others are expressed in its time.

    Args:
        run: the baseline.
        known: what there is to measure now.
        here: this machine.
        wanted: whether a case of the baseline is to be compared.
        only_changed: leave out what has the same source.

    """
    blocks = [_block(run, block, known, here, wanted, only_changed=only_changed) for block in run.plan.blocks]
    return Again(
        pairs=tuple(pair for each in blocks for pair in each.pairs),
        blocks=tuple(planned for each in blocks if (planned := _planned(each)) is not None),
        judged=tuple(judged for each in blocks for judged in each.judged),
        unchanged=sum(each.unchanged for each in blocks),
    )


def _block(
    run: Run, block: Block, known: Registry, here: Environment, wanted: Callable[[Case], bool], *, only_changed: bool
) -> _Block:
    found = _Block(run=run, block=block, now={case: _as_now(case, known) for case in block.cases})
    rulers = found.rulers() if found.timed else []
    # What others are expressed in has no figure of its own; and no function is judged by a copy.
    apart = {case for case in block.cases if found.timed and case.is_copy}
    apart |= set(rulers[:1]) if len(block.cases) - len(apart) > 1 else set()
    for case in block.cases:
        if not wanted(case) or case in apart:
            continue
        now = found.now[case]
        if only_changed and _same_source(case, now):
            found.unchanged += 1
            continue
        outcome = run.index.outcomes.get(case)
        incomparable = partial(Judged, case=now or case, verdict=Verdict.INCOMPARABLE)
        if now is None:
            found.judged.append(Judged(case=case, verdict=Verdict.GONE))
        elif not isinstance(outcome, Measured | Failed):
            why = outcome.reason if isinstance(outcome, Skipped) else "the run was not finished"
            found.judged.append(incomparable(reason=f"the baseline did not measure it: {why}"))
        elif lacks(here, case.device):
            found.judged.append(incomparable(reason=f"{case.device} is not here"))
        elif why := _untimed(run, here, case) if found.timed else "":
            found.judged.append(incomparable(reason=why))
        else:
            references = tuple(found.references(case, rulers))
            if found.timed and isinstance(outcome, Measured) and not references:
                found.judged.append(incomparable(reason=NO_REFERENCE))
            else:
                found.pairs.append(Pair(was=outcome, now=now, references=references))
    return found


def _untimed(run: Run, here: Environment, case: Case) -> str:
    """Return why times of a case cannot be compared; empty if they can."""
    if run.index.noise_floor(case) is None:
        return f"the baseline has no noise floor of {case.device}, {case.timing}"
    return times_differ(run.environment, here, case.device)


def _planned(found: _Block) -> Block | None:
    """Return the block of what is measured again: the pairs, and the first reference."""
    needed = {pair.was.case for pair in found.pairs}
    needed |= {pair.references[0][0] for pair in found.pairs if pair.references}
    if not needed:
        return None
    return found.block.only([case for case in found.block.cases if case in needed]).with_cases(
        lambda case: found.now[case] or case
    )


def _as_now(case: Case, known: Registry) -> Case | None:
    try:
        return as_it_is_now(case, known)
    except (KeyError, ValueError):
        return None


def _same_source(case: Case, now: Case | None) -> bool:
    return now is not None and now.source == case.source and now.options == case.options
