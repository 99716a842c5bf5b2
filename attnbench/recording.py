"""Carry out a run: measure, keep every outcome at once, and write the documents."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.events import Started
from reporting.kinds import views
from reporting.to_markdown import to_markdown
from results import StoreError
from results.durable import replace_file
from results.records import Failed, Measured, Sampled, Skipped
from results.store import RunStore

from . import measuring
from .display import display_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Run

#: Where runs go unless --out says otherwise, below the folder in which the user stands.
RUNS = Path("results", "runs")


def carry_out_into(started: Run, *, out: Path | None, quiet: bool) -> Run:
    """Carry out a new run in a new folder, and return what came of it.

    Raises:
        StoreError: the folder exists or cannot be written.

    """
    folder = out if out is not None else RUNS / started.run_id
    with RunStore.create(folder, started) as store:
        carry_on(store, quiet=quiet)
        return store.run


def carry_on(store: RunStore, *, quiet: bool) -> None:
    """Measure what is missing in a run, and write its documents, also when it is interrupted.

    Raises:
        StoreError: the disk is full or fails.
        WorkerLostError: worker processes do not come up.

    """
    try:
        _measure_missing(store, quiet=quiet)
    except BaseException:
        # What ended the run is what the user must hear of, not that the disk has no room for a report either.
        with contextlib.suppress(StoreError):
            write_documents(store.folder, store.run)
        click.echo(f"What was measured is kept. Go on: attnbench run --resume {store.folder}", err=True)
        raise
    store.finish()
    run = store.run
    written = write_documents(store.folder, run)
    if not quiet:
        _show_what_is_of_all(run)
    failures = sum(isinstance(outcome, Failed) for outcome in run.outcomes)
    if failures:
        click.echo(f"{failures} of {len(run.plan.cases)} cases failed: {store.folder / 'report.md'} says why", err=True)
    click.echo(f"Wrote {store.folder}/ ({', '.join(written)}). Again: attnbench report {store.folder}", err=True)
    if not any(isinstance(outcome, Measured) for outcome in run.outcomes):
        # A script must not take a run without a single figure for a good one.
        raise click.exceptions.Exit(1)


def _show_what_is_of_all(run: Run) -> None:
    """Print what only the whole run can say; the tables of what was measured have been shown as they grew."""
    for view in views(run):
        click.echo(f"{view.title}\n")
        for table in view.tables(run):
            click.echo(to_markdown(table))
        for sentence in view.sentences(run):
            click.echo(f"{sentence}\n")


def _measure_missing(store: RunStore, *, quiet: bool) -> None:
    # Before the bars are drawn, and of every session anew: the machine may be as noisy as it likes.
    store.add_noise_floors(measuring.noise_floors(store.missing()))
    run, noted = store.run, store.noted()
    with _termination_as_interrupt(), display_for(run, quiet=quiet) as display:
        for event in measuring.carry_out(run, noted=noted):
            # Saved before it is shown: a crash from here on loses nothing.
            match event:
                case Sampled():
                    store.note(event)
                case Measured() | Skipped() | Failed():
                    store.append(event)
                case Started():
                    pass
            display.show(event)


def write_documents(folder: Path, run: Run) -> list[str]:
    """Write the report and one CSV file a suite; return the names of all files of the run.

    Raises:
        StoreError: the disk is full or fails.

    """
    from reporting.report import report
    from reporting.to_csv import suite_csv

    documents = {"report.md": report(run)} | {f"{suite}.csv": suite_csv(run, suite) for suite in run.plan.suites}
    for name, text in documents.items():
        try:
            replace_file(folder / name, text)
        except OSError as error:
            msg = f"cannot write {folder / name}: {error.strerror}; the records are kept: attnbench report {folder}"
            raise StoreError(msg) from error
    return [*documents, "records.jsonl", "run.json"]


@contextlib.contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let a polite kill end a run like Ctrl-C does: with its documents written."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
