"""A run as text: its report and its CSV, printed or beside its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import UsageError, refuse
from results import Run, StoreError, load
from results.durable import replace_file

from .documents import CSV, DETAILED, DOCUMENT_FORMATS
from .printed import Printed, formats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    from reporting.document import Document

FORMATS = formats(CSV)


def report(
    run_or_folder: Run | str | PathLike[str],
    format: str = "md",  # noqa: A002 - as the option
    suite: str | None = None,
    columns: Sequence[str] = (),
) -> str:
    """Return the report of a run, as ``attnbench report`` prints it. Nothing is measured.

    Args:
        run_or_folder: a run, or the folder that it was written to.
        format: one of sections and tables, as ``md``; or ``csv``: every outcome with every column that says anything,
            in SI units.
        suite: CSV of this suite alone, as in the run's folder.
        columns: of the tables or the CSV, in this order; none: all of them.

    Raises:
        StoreError: not the folder of a run, or a damaged one.
        UsageError: the run has no such suite or column, there is no such format, or a suite is named for a format of
            all suites.

    """
    if format not in FORMATS:
        refuse("format", format, FORMATS)
    return printed_report(run_or_folder, format, suite, columns).text(format, columns)


def printed_report(
    run_or_folder: Run | str | PathLike[str],
    format: str,  # noqa: A002 - as the option
    suite: str | None,
    columns: Sequence[str],
) -> Printed:
    """Return what there is to print of a run (arguments and errors as for ``report``)."""
    run = run_or_folder if isinstance(run_or_folder, Run) else load(run_or_folder)
    if suite is not None and suite not in run.plan.suites:
        refuse("suite of this run", suite, run.plan.suites)
    if suite is not None and format in DOCUMENT_FORMATS:
        msg = f"a report is of all suites; --suite {suite} goes with --format csv"
        raise UsageError(msg)
    return Printed(document=lambda: _document(run, format), data={CSV: lambda: _csv(run, suite, whole=bool(columns))})


def _document(run: Run, format: str) -> Document:  # noqa: A002 - as the option
    from reporting.report import detailed_document, document

    return detailed_document(run) if format in DETAILED else document(run)


def _csv(run: Run, suite: str | None, *, whole: bool) -> str:
    """Return the CSV of a run. ``whole``: with empty columns, so that a script may ask for any."""
    from reporting.to_csv import run_csv, suite_csv

    return run_csv(run, whole=whole) if suite is None else suite_csv(run, suite, whole=whole)


def write_documents(folder: Path, run: Run) -> list[str]:
    """Write the report and one CSV file a suite; return the names of all files of the run.

    Raises:
        StoreError: the disk is full or fails, or the run has a suite that is not in the catalogue.

    """
    # Imported now: suites import torch's users.
    from suites.catalog import QUESTIONS

    for name in run.plan.suites:
        if name not in QUESTIONS:
            msg = f"{folder}: there is no suite {name!r} to write a file of; choose from {', '.join(QUESTIONS)}"
            raise StoreError(msg)
    documents = {"report.md": report(run)} | {f"{name}.csv": report(run, "csv", name) for name in run.plan.suites}
    for name, text in documents.items():
        try:
            replace_file(folder / name, text)
        except OSError as error:
            msg = f"cannot write {folder / name}: {error.strerror}; the records are kept: attnbench report {folder}"
            raise StoreError(msg) from error
    return [*documents, "records.jsonl", "run.json"]
