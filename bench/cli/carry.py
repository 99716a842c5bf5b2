"""Carry out a request: measure, keep every outcome at once, and write the documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from results.store import RunStore

from ..events import Started
from . import api
from .display import display_for

if TYPE_CHECKING:
    from results.records import Run
    from suites.request import Request

#: Where runs go unless --out says otherwise, below the folder in which the user stands.
RUNS = Path("results", "runs")


def carry_out_into(request: Request, *, budget_s: float, out: Path | None, quiet: bool) -> None:
    """Measure what was asked for into a new folder.

    Raises:
        UsageError: something asked for does not exist.
        StoreError: the folder exists or cannot be written.

    """
    started = api.start(request, budget_s=budget_s)
    folder = out if out is not None else RUNS / started.run_id
    with RunStore.create(folder, started) as store:
        try:
            with display_for(started, quiet=quiet) as display:
                for event in api.carry_out(started, request.plugins):
                    if not isinstance(event, Started):
                        # Saved before it is shown: a crash from here on loses nothing.
                        store.append(event)
                    display.show(event)
        finally:
            written = write_documents(folder, store.run)
    click.echo(f"Wrote {folder}/ ({', '.join(written)}). Again: attnbench report {folder}", err=True)


def write_documents(folder: Path, run: Run) -> list[str]:
    """Write the report and one CSV file a suite; return the names of all files of the run."""
    from reporting.report import report
    from reporting.to_csv import suite_csv

    documents = {"report.md": report(run)} | {f"{suite}.csv": suite_csv(run, suite) for suite in run.plan.suites}
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*documents, "records.jsonl", "run.json"]
