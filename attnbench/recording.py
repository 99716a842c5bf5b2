"""Carry out a run: audit plug-ins, measure, keep every outcome at once, and write the documents."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.events import Disturbed, Started, Starved
from bench.termination import SignalledKeyboardInterrupt, termination_as_interrupt, uninterrupted
from reporting.noise import unfit
from results import StoreError
from results.records import Failed, FailureKind, Measured, Sampled, Skipped, When
from results.store import RunStore
from results.text import message

from . import measuring
from .audit_before import Warned, audit_planned, warn_of
from .display import display_for
from .hearing import Hearing
from .in_memory import InMemory
from .progress.steps import floor_words, step
from .reports import write_documents
from .showing import show_results

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from results.records import Case, Run

    from .in_memory import Record
    from .output import Output


def record_run(started: Run, *, out: Path | None, output: Output) -> Run:
    """Carry out a new run, and return what came of it.

    Args:
        started: the plan.
        out: a folder that is made for it; None: nothing is written.
        output: what is printed.

    Raises:
        StoreError: the folder exists or cannot be written.
        WorkerLostError: worker processes do not come up.

    """
    found = audit_planned(started.plan, started.plan.cases, output)
    warn_of(found, notes=output.progress)
    audited = replace(started, audit=tuple(message(str(each)) for each in found))
    if out is None:
        record = InMemory(audited)
        measure_missing(record, output)
        summarize(record.run, output)
        return record.run
    with RunStore.create(out, audited) as store:
        record_missing(store, output)
        return store.run


def record_missing(store: RunStore, output: Output) -> None:
    """Measure what is missing in a run, and write its documents, also when it is interrupted.

    Raises:
        StoreError: the disk is full or fails.
        WorkerLostError: worker processes do not come up.

    """
    try:
        measure_missing(store, output, store.folder)
    except BaseException as error:
        # What ended the run is what the user must hear of, not that the disk has no room for a report either.
        with uninterrupted(), contextlib.suppress(StoreError):
            write_documents(store.folder, store.run)
        if isinstance(error, KeyboardInterrupt):
            # The terminal may be what was lost.
            with contextlib.suppress(OSError):
                show_results(store.run, output)
        kept = f"what was measured is kept; go on: attnbench run --resume {store.folder}"
        if isinstance(error, SignalledKeyboardInterrupt):
            # Whoever arranged for signals says it, in one line with what happened.
            error.remedy = kept
        else:
            output.say(f"W{kept[1:]}")
        raise
    # A signal meanwhile is heard when they are written.
    with uninterrupted():
        store.finish()
        written = write_documents(store.folder, store.run)
    summarize(store.run, output, f": {store.folder / 'report.md'} says why")
    output.say(f"Wrote {store.folder}/ ({', '.join(written)}). Again: attnbench report {store.folder}")


def summarize(run: Run, output: Output, where: str = "") -> None:
    """Print what the run found, and how much of it failed; ``where``: what has the causes."""
    for line in unfit(run):
        output.say(line)
    show_results(run, output)
    failures = sum(isinstance(outcome, Failed) for outcome in run.outcomes)
    if failures:
        output.say(f"{failures} of {len(run.plan.cases)} cases failed{where}")


def measure_missing(record: Record, output: Output, folder: Path | None = None) -> None:
    """Measure what a record lacks.

    Args:
        record: keeps what comes of it.
        output: what is printed.
        folder: of the run, where it has one.

    Raises:
        StoreError: the disk is full or fails, or a checkpoint cannot be used.
        WorkerLostError: worker processes do not come up.

    """
    planned, hear = record.missing(), Hearing(record).hear
    # Before the bars are drawn, and of every session anew: the machine may be as noisy as it likes.
    _measure_noise(record, planned, output, hear)
    run, noted = record.run, record.noted()
    # What is written nowhere has nothing to save: the process is not ours to arrange.
    ending = termination_as_interrupt() if isinstance(record, RunStore) else contextlib.nullcontext()
    with ending, display_for(run, output) as display:
        for event in measuring.carry_out(run, noted=noted, folder=folder):
            # Saved before it is shown: a crash from here on loses nothing.
            match event:
                case Failed(kind=FailureKind.FOLDER):
                    # No fault of the case: when that is mended, it is to be tried again.
                    raise StoreError(event.error)
                case Sampled():
                    record.note(event)
                case Measured() | Skipped() | Failed():
                    record.append(event)
                case Disturbed():
                    if event.line not in record.run.audit:
                        record.add_finding(event.line)
                        warn_of([Warned.parsed(event.line)], notes=output.progress)
                case Starved():
                    hear(event)
                case Started():
                    pass
            display.show(event)
    # A machine that was quiet before may have got noisy meanwhile.
    _measure_noise(record, planned, output, hear, when=When.AFTER)


def _measure_noise(
    record: Record,
    cases: Collection[Case],
    output: Output,
    hear: Callable[[Starved], object],
    when: When = When.BEFORE,
) -> None:
    """Keep how noisy the machine is for cases that are timed; what is shown is drawn before and after, not while."""
    if not measuring.is_any_timed(cases):
        return
    with step("noise floor", output) as noise:
        noise.at(f"timing equal cases, {when} the run")
        floors = measuring.noise_floors(cases, hear, when=when)
        record.add_noise_floors(floors)
        if floors:
            noise.end(f"{floor_words(floors)} {when} the run")
