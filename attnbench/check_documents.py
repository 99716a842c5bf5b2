"""What a check leaves behind: text, files, and an exit status."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reporting.check_csv import check_csv
from reporting.check_document import check_document, check_markdown
from reporting.to_annotations import annotation_lines
from reporting.to_junit import junit_xml
from results.check_file import check_json, write_check
from results.checks import UNSURE, Verdict
from results.durable import replace_file

from .documents import CSV
from .printed import Printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.checks import Check

#: GitHub names the file for a job's summary here, and says that a job is one of its.
STEP_SUMMARY, IN_JOB = "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"

FINE, WORSE, UNSURE_STATUS, NOTHING_COMPARED = 0, 1, 3, 4
#: Verdicts that compare nothing.
NOT_COMPARED = frozenset({Verdict.INCOMPARABLE, Verdict.NEW, Verdict.GONE})


def write(check: Check, *, json_: Path | None = None, junit: Path | None = None) -> None:
    """Write the files that are asked for, and the summary of a job of GitHub's.

    Raises:
        StoreError: the JSON file cannot be written.
        OSError: another file cannot be written.

    """
    if json_ is not None:
        write_check(json_, check)
    if junit is not None:
        replace_file(junit, junit_xml(check))
    summary = os.environ.get(STEP_SUMMARY)
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(check_markdown(check))


def printed(check: Check, format: str, columns: Sequence[str] = ()) -> str:  # noqa: A002 - as the option
    """Return the check as the terminal has it.

    Args:
        check: what came of it.
        format: one of ``formats(*OWN)``; its JSON is that of ``--json``.
        columns: of its tables or its CSV.

    Raises:
        UsageError: there is no such column.

    """
    return Printed(
        document=lambda: check_document(check), data={CSV: lambda: check_csv(check), "json": lambda: check_json(check)}
    ).text(format, columns)


def annotated(check: Check) -> str:
    """Return the commands by which a job on GitHub shows what is worse; empty elsewhere."""
    return annotation_lines(check) if os.environ.get(IN_JOB) else ""


def status_of(check: Check, *, strict: bool) -> int:
    """Return the exit status: 0 nothing is worse, 1 something is, 3 not sure and strict, 4 nothing was compared."""
    if check.worse:
        return WORSE
    if not check.unchanged and all(judged.verdict in NOT_COMPARED for judged in check.judged):
        return NOTHING_COMPARED
    if strict and any(judged.verdict in UNSURE for judged in check.judged):
        return UNSURE_STATUS
    return FINE
