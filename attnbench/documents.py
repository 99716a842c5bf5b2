"""A run as text: its report and its CSV, printed or beside its records."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.errors import UsageError, refuse
from results import Run, StoreError, load
from results.durable import replace_file

from .extras import require_extra

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

    from reporting.document import Document

#: Format -> the renderer of sections and tables, as ``module:function``: imported when it is asked for.
DOCUMENT_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "md": "reporting.to_markdown:document_markdown",
        "html": "reporting.page.to_html:document_html",
        "tex": "reporting.to_latex:document_latex",
        "json": "reporting.to_json:document_json",
    }
)
#: Those that have room for charts and for every case.
DETAILED = frozenset({"html"})
#: Format -> the packages that it needs, and the extra that installs them.
NEEDED = {"html": ("altair", "vl_convert", "jinja2")}
FORMATS = (*DOCUMENT_FORMATS, "csv")


def report(run_or_folder: Run | str | PathLike[str], format: str = "md", suite: str | None = None) -> str:  # noqa: A002 - as the option
    """Return the report of a run, as ``attnbench report`` prints it. Nothing is measured.

    Args:
        run_or_folder: a run, or the folder that it was written to.
        format: one of sections and tables, as ``md``; or ``csv``: every outcome with every column, in SI units.
        suite: CSV of this suite alone, as in the run's folder.

    Raises:
        StoreError: not the folder of a run, or a damaged one.
        UsageError: the run has no such suite, there is no such format, or a suite is named for a format of all suites.

    """
    if format not in FORMATS:
        refuse("format", format, FORMATS)
    run = run_or_folder if isinstance(run_or_folder, Run) else load(run_or_folder)
    if suite is not None and suite not in run.plan.suites:
        refuse("suite of this run", suite, run.plan.suites)
    if format in DOCUMENT_FORMATS:
        if suite is not None:
            msg = f"a report is of all suites; --suite {suite} goes with --format csv"
            raise UsageError(msg)
        from reporting.report import detailed_document, document

        return document_text(detailed_document(run) if format in DETAILED else document(run), format)
    from reporting.to_csv import run_csv, suite_csv

    return run_csv(run) if suite is None else suite_csv(run, suite)


def document_text(document: Document, format: str) -> str:  # noqa: A002 - as the option
    """Return sections and tables as text.

    Args:
        document: of a run, a comparison, a history.
        format: one of DOCUMENT_FORMATS.

    """
    require_extra(NEEDED.get(format, ()))
    module, _, name = DOCUMENT_FORMATS[format].partition(":")
    text: str = getattr(import_module(module), name)(document)
    return text


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
