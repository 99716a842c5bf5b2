"""What a run of attnbench has left -> what fell short, and its tables."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, assert_never

from gpu_findings import RUN, Findings, one_line

from reporting import describe
from reporting.conjecture import answers
from reporting.details import latency_details, memory_details
from reporting.logit_function_tables import logit_function_tables
from reporting.to_markdown import to_markdown
from reporting.units import format_factor
from results import StoreError, load
from results.records import Failed, Latency, Measured, Memory, Skipped, StopReason
from results.stats import near_overhead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from results.records import Outcome, Run

#: What operators counted must be of the allocator's peak: blocks are rounded up, and operators have workspaces.
LEAST_OF_ALLOCATED = 0.9
#: What is on record of a case that was measured.
MEASURED = "measured"


def of_operators(folder: Path) -> Findings:
    """Return how logit functions did against each other."""
    return _of_run(folder / RUN, lambda run: (*map(to_markdown, logit_function_tables(run)), *answers(run)))


def of_networks(folder: Path) -> Findings:
    """Return latency and memory, and where counted bytes are not what the allocator saw."""
    return _of_run(
        folder / RUN, lambda run: tuple(map(to_markdown, (*latency_details(run), *memory_details(run)))), counted_bytes
    )


def counted_bytes(run: Run) -> Iterator[str]:
    """Yield the cases whose counted peak is above the allocator's, or far below it."""
    for outcome in run.outcomes:
        memory = outcome.result if isinstance(outcome, Measured) else None
        if not isinstance(memory, Memory) or not memory.allocated_bytes:
            continue
        share = memory.peak_live_bytes / memory.allocated_bytes
        if not LEAST_OF_ALLOCATED <= share <= 1:
            name = describe.full_name(outcome.case)
            yield f"the counted peak is {format_factor(share)} of the allocator's: {name}"


def _of_run(
    folder: Path, figures: Callable[[Run], tuple[str, ...]], more: Callable[[Run], Iterable[str]] = lambda _: ()
) -> Findings:
    try:
        run, notes = read_run(folder)
    except StoreError as error:
        return Findings(short=(one_line(str(error)),))
    short = (*notes, *unmeasured(run), *doubts(run), *more(run))
    return Findings(short=tuple(map(one_line, short)), figures=(counted(run), *figures(run)))


def read_run(folder: Path) -> tuple[Run, list[str]]:
    """Return a run, and what was left out of it.

    Raises:
        StoreError: there is none, or it is damaged.

    """
    if not folder.exists():
        msg = f"no run was begun in {folder.name}"
        raise StoreError(msg)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = load(folder)
    return run, [str(warning.message) for warning in caught]


def counted(run: Run) -> str:
    """Return how many cases came to what, in a sentence."""
    kinds = [type(outcome).__name__.lower() for outcome in run.outcomes]
    words = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "none reached"
    return f"{run.run_id}: {describe.plural(len(run.plan.cases), 'case')}: {words}."


def unmeasured(run: Run) -> Iterator[str]:
    """Yield the failures and skips, those together that have the same words, and how much was not reached."""
    missing = len(run.plan.cases) - len(run.outcomes)
    if missing:
        yield f"{missing} of {len(run.plan.cases)} cases not reached"
    found: dict[str, list[str]] = {}
    for outcome in run.outcomes:
        if not isinstance(outcome, Measured):
            found.setdefault(recorded(outcome), []).append(describe.full_name(outcome.case))
    for words, names in found.items():
        yield f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {words}"


def recorded(outcome: Outcome | None) -> str:
    """Return what is on record of a case, its cause first."""
    match outcome:
        case None:
            return "not reached"
        case Measured():
            return MEASURED
        case Skipped():
            return f"skipped: {outcome.reason}"
        case Failed():
            return f"failed: {outcome.kind}: {outcome.error}"
        case _:
            assert_never(outcome)


def doubts(run: Run) -> Iterator[str]:
    """Yield in how many cases the figures are doubtful, and why."""
    measured = run.index.results(run.index.outcomes, Latency).values()
    timed = [latency.samples for latency in measured]
    watched = [latency.telemetry for latency in measured if latency.telemetry is not None]
    for count, words in (
        (sum(map(near_overhead, timed)), "are shorter than ten times what the clock shows for an empty call"),
        (sum(samples.host_bound for samples in timed), "were host-bound"),
        (sum(samples.throttled > 0 for samples in timed), "have samples of a throttled device"),
        (sum(seen.power_capped > 0 for seen in watched), "have samples taken at the board's power limit"),
        (sum(samples.stop is StopReason.BUDGET for samples in timed), "have a wider interval than asked for"),
        (sum(not samples.warmup_steady for samples in timed), "were not steady when they were sampled"),
    ):
        if count:
            yield f"{count} of {len(timed)} timed cases {words}"
