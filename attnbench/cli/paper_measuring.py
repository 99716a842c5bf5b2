"""The tables of papers whose figures are timed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bench.errors import UsageError

from ..documents import CSV, MARKDOWN
from ..limits import LIMITS
from ..output import Output, from_command
from ..printed import Printed
from .options import axes
from .paper_printing import TITLE, found_tables, print_tables, tables_of
from .statuses import RUNS, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reporting.document import Document
    from reporting.published.speeds import PublishedSpeeds
    from reporting.speed_tables import Measured
    from reporting.table import Table
    from results.records import Run

#: The table whose functions --ops measures.
SPEED_TABLE = ("psk", 4)
#: The axes of tables of epochs.
OF_EPOCHS = ("datasets", "data", "download")
(BUDGET,) = (limit for limit in LIMITS if limit.name == "budget_s")


def measure_speeds(
    others: list[tuple[str, int]],
    timed: list[tuple[str, int]],
    format_: str,
    columns: Sequence[str],
    **measuring: Any,
) -> int:
    """Time the networks of tables, and print what was measured beside what was published.

    Args:
        others: tables that stand before them.
        timed: tables of speeds.
        format_: of all of them.
        columns: of the tables, in this order.
        measuring: options.

    """
    from dataclasses import replace

    from reporting.speed_csv import speed_csv
    from reporting.speed_tables import speed_tables
    from reporting.to_markdown import to_markdown

    from ..paper_tables import tables_document

    before = tables_of(found_tables(others)).sections
    sections: list[tuple[str, Sequence[Table]]] = []
    lines, statuses = "", []
    for paper, number in timed:
        published, measured, status = _measured(paper, number, progress=format_ == MARKDOWN, **measuring)
        statuses.append(status)
        if format_ == MARKDOWN and not columns:
            # As soon as it is measured.
            click.echo("\n".join(map(to_markdown, speed_tables(published, measured))), nl=False)
            continue
        sections.append((f"{paper}, table {number}", speed_tables(published, measured)))
        lines += speed_csv(published, measured, header=not lines)
    if format_ != MARKDOWN or columns:
        timed_here = tables_document(TITLE, sections)
        document = replace(timed_here, sections=(*before, *timed_here.sections))
        click.echo(Printed(document=lambda: document, data={CSV: lambda: lines}).text(format_, columns), nl=False)
    return max(statuses)


def _measured(
    paper: str, number: int, *, progress: bool, out: Path | None, **chosen: Any
) -> tuple[PublishedSpeeds, tuple[Measured, ...], int]:
    """Time the networks of a table; return what was published, what was measured, and the exit status.

    Progress, and the tables of the run's own report as they are finished, go to stderr.
    """
    from reporting.published.speeds import load_speeds

    from ..progress.preview import can_be_made, hardware_words, planned_words

    published = load_speeds(paper, number)
    output = Output(progress=progress, summary=True, tables_to_stderr=True)
    # Several of one are refused, in one line.
    if (
        output.progress
        and can_be_made(out)
        and all(len(chosen[name] or ()) <= 1 for name in ("devices", "dtypes", "datasets"))
    ):
        devices = tuple(chosen["devices"])
        output.say(f"{paper}, table {number}: {len(published.rows)} rows, timed on {hardware_words(devices)}")
    # They import torch.
    from ..paper_speed_results import measured_columns
    from ..paper_speeds import plan_speeds
    from ..recording import record_run

    planned = plan_speeds(published, chosen)
    if output.progress and can_be_made(out):
        output.say(planned_words(planned.run))
    run = record_run(planned.run, out=out or RUNS / planned.run.run_id, output=output)
    return planned.published, tuple(measured_columns(planned, run)), status_of(run)


def measure_operators(format_: str, columns: Sequence[str], *, out: Path | None, **chosen: Any) -> int:
    """Print the published times, run the suite of logit functions, and print its tables and its answer.

    As CSV the measured ones alone: their columns are others. Other formats have both in one document.
    """
    from msgspec.structs import replace

    from suites.operators import NAME

    from ..recording import record_run
    from ..running import planned

    for axis in axes(*OF_EPOCHS):
        if chosen[axis.name]:
            msg = f"{axis.flag} is for epochs, and --ops times functions; leave it out"
            raise UsageError(msg)
    at_once = format_ == MARKDOWN and not columns
    budget_s = chosen.pop(BUDGET.name)
    started = planned((NAME,), chosen)
    if budget_s is not None:
        share_s = BUDGET.take(budget_s) / sum(len(block.cases) for block in started.plan.blocks)
        started = replace(started, plan=replace(started.plan, budget_s=share_s))
    if at_once:
        print_tables([SPEED_TABLE], format_, columns)
        click.echo()
    run = record_run(started, out=out or RUNS / started.run_id, output=from_command(quiet=not at_once))
    status = status_of(run)
    if not at_once and not status:
        click.echo(_operators_text(run, NAME, format_, columns), nl=False)
    return status


def _operators_text(run: Run, suite: str, format_: str, columns: Sequence[str]) -> str:
    from dataclasses import replace

    from reporting.report import document

    from ..reports import report

    def both() -> Document:
        measured = document(run)
        return replace(measured, sections=(*tables_of(found_tables([SPEED_TABLE])).sections, *measured.sections))

    return Printed(document=both, data={CSV: lambda: report(run, CSV, suite)}).text(format_, columns)
