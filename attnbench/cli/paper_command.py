"""``attnbench paper``: papers' tables, published beside measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.errors import UsageError

from ..limits import LIMITS
from ..output import Output, from_command
from .once import Once
from .options import axes, offer
from .statuses import RUNS, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporting.published import Source

    from ..progress.steps import Step

EXAMPLES = """\b
Examples:
  attnbench paper psk
  attnbench paper senet --table 10 --format csv
  attnbench paper senet --speed --budget 60
  attnbench paper psk --table 4 --ops --threads 1
"""

#: The table whose functions --ops measures.
SPEED_TABLE = ("psk", 4)
#: The axes of tables of epochs.
OF_EPOCHS = ("datasets", "data", "download")
WHAT_IS_TIMED = "--speed, --ops, and --table of a table of speeds"


(BUDGET,) = (limit for limit in LIMITS if limit.name == "budget_s")


@click.command("paper", cls=Once, epilog=EXAMPLES)
@click.argument("name", required=False)
@click.option("--table", "tables", multiple=True, type=int, metavar="N", help="Table N alone. May be repeated.")
@click.option("--all", "every", is_flag=True, help="The tables of all papers, speeds as published.")
@click.option("--format", "format_", type=click.Choice(["md", "csv"]), default="md", show_default=True)
@click.option("--speed", is_flag=True, help="Time the networks of the paper's table of speeds here.")
@click.option("--as-published", is_flag=True, help="Time nothing.")
@click.option("--ops", is_flag=True, help="psk, table 4: time its functions here. Ten minutes on two CPU cores.")
@offer(axes("devices", "dtypes", "threads"), words="Where speeds are timed; as for attnbench run.")
@offer(axes(*OF_EPOCHS), words="Where epochs are timed; as for attnbench run epoch.")
@offer((BUDGET,), words="Where speeds are timed: seconds for the whole table. Default: 10 a case; with --ops 1.5.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where speeds are timed; likewise.")
@click.pass_context
def paper_command(
    context: click.Context,
    /,
    *,
    name: str | None,
    tables: tuple[int, ...],
    every: bool,
    format_: str,
    speed: bool,
    as_published: bool,
    ops: bool,
    **measuring: Any,
) -> int:
    """Print a paper's tables, measured beside published.

    The networks of paper NAME are rebuilt and counted, and every cell gets a verdict. A table of speeds is timed where
    nothing else is asked for: with --speed, by its --table, or if the paper has nothing to count. Without a name: a
    list of the papers and their tables.
    """
    from reporting.published import PAPERS, has_speeds, sources

    if ops:
        if every or speed or as_published or [(name, number) for number in tables] != [SPEED_TABLE]:
            msg = "--ops times the functions of one table: attnbench paper psk --table 4 --ops"
            raise UsageError(msg)
        return _measure_operators(format_, **measuring)
    if speed and (as_published or every or name is None):
        msg = "--speed times the networks of one paper: attnbench paper senet --speed"
        raise UsageError(msg)
    if every and (name is not None or tables):
        msg = "--all prints every table of every paper; leave out the name and --table"
        raise UsageError(msg)
    if name is None and tables:
        msg = "--table needs the name of a paper; all: attnbench paper"
        raise UsageError(msg)
    if name is None and not every:
        _refuse_untimed(context, measuring)
        listed = [f"{paper:<12}{source.table:>3}  {_line(source)}" for paper in PAPERS for source in sources(paper)]
        click.echo("\n".join(("paper     table  where", *listed)))
        return 0
    wanted = _wanted(PAPERS if name is None else (name,), tables)
    timed = _timed(wanted, speed=speed) if name is not None and not as_published else []
    if not timed:
        _refuse_untimed(context, measuring)
        _print(wanted, format_)
        return 0
    others = [] if speed else [each for each in wanted if not has_speeds(*each)]
    if format_ == "md" and others:
        _print(others, format_)
        click.echo()
    return max(_measure_speeds(paper, number, format_, **measuring) for paper, number in timed)


def _wanted(papers: Sequence[str], tables: tuple[int, ...]) -> list[tuple[str, int]]:
    """Return the tables that are asked for; all of each paper, if none is named."""
    from reporting.published import PublishedError, table_numbers

    try:
        numbers = {paper: table_numbers(paper) for paper in papers}
    except PublishedError as error:
        raise UsageError(str(error)) from None
    for number in tables:
        if number not in numbers[papers[0]]:
            choices = ", ".join(map(str, numbers[papers[0]]))
            msg = f"{papers[0]} has no table {number} that can be printed; choose from {choices}"
            raise UsageError(msg)
    return [(paper, number) for paper in papers for number in (tables or numbers[paper])]


def _timed(wanted: list[tuple[str, int]], *, speed: bool) -> list[tuple[str, int]]:
    """Return which of the tables are timed: with --speed all that have speeds, else where nothing can be counted."""
    from reporting.published import PAPERS, Kind, has_speeds, kind_of, table_numbers

    with_speeds = [each for each in wanted if has_speeds(*each)]
    if not speed:
        counted = any(kind_of(*each) in {Kind.COUNTS, Kind.WINS} for each in wanted)
        return [] if counted else with_speeds
    if not with_speeds:
        papers = [paper for paper in PAPERS if any(has_speeds(paper, number) for number in table_numbers(paper))]
        msg = f"no speeds are printed there; papers with a table of speeds: {', '.join(papers)}"
        raise UsageError(msg)
    return with_speeds


def _refuse_untimed(context: click.Context, measuring: dict[str, Any]) -> None:
    """Nothing else of a paper is measured by a clock."""
    for parameter in context.command.params:
        if measuring.get(parameter.name):
            msg = f"{parameter.opts[0]} is for what is timed: {WHAT_IS_TIMED}"
            raise UsageError(msg)


def _measure_speeds(paper: str, number: int, format_: str, *, out: Path | None, **chosen: Any) -> int:
    """Time the networks of a table, and print what was measured beside what was published.

    Progress, and the tables of the run's own report as they are finished, go to stderr.
    """
    from reporting.published.speeds import load_speeds
    from reporting.speed_csv import speed_csv
    from reporting.speed_tables import speed_tables
    from reporting.to_markdown import to_markdown

    from ..progress.preview import can_be_made, hardware_words, planned_words

    published = load_speeds(paper, number)
    output = Output(progress=format_ == "md", summary=True, tables_to_stderr=True)
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
    measured = measured_columns(planned, run)
    if format_ == "csv":
        click.echo(speed_csv(planned.published, measured), nl=False)
    else:
        click.echo("\n".join(map(to_markdown, speed_tables(planned.published, measured))), nl=False)
    return status_of(run)


def _measure_operators(format_: str, *, out: Path | None, **chosen: Any) -> int:
    """Print the published times, run the suite of logit functions, and print its tables and its answer.

    As CSV the measured ones alone: their columns are others.
    """
    from msgspec.structs import replace

    from suites.operators import NAME

    from ..documents import report
    from ..recording import record_run
    from ..running import planned

    for axis in axes(*OF_EPOCHS):
        if chosen[axis.name]:
            msg = f"{axis.flag} is for epochs, and --ops times functions; leave it out"
            raise UsageError(msg)
    as_csv = format_ == "csv"
    budget_s = chosen.pop(BUDGET.name)
    started = planned((NAME,), chosen)
    if budget_s is not None:
        share_s = BUDGET.take(budget_s) / sum(len(block.cases) for block in started.plan.blocks)
        started = replace(started, plan=replace(started.plan, budget_s=share_s))
    if not as_csv:
        _print([SPEED_TABLE], format_)
        click.echo()
    run = record_run(started, out=out or RUNS / started.run_id, output=from_command(quiet=as_csv))
    status = status_of(run)
    if as_csv and not status:
        click.echo(report(run, format_, NAME), nl=False)
    return status


def _line(source: Source) -> str:
    return f"{source.short}, {source.place}: {source.subject} ({source.reference})"


def _print(wanted: list[tuple[str, int]], format_: str) -> None:
    """Print each table as soon as it has been judged: some take seconds."""
    from ..progress.steps import step

    as_csv = format_ == "csv"
    output = from_command(quiet=as_csv)
    for index, (paper, number) in enumerate(wanted):
        with step(paper, output) as shown:
            which = f"{index + 1}/{len(wanted)}, table {number}"
            # Before torch is imported.
            shown.at(which)
            text = _table_text(paper, number, as_csv=as_csv, header=not index, shown=shown, which=which)
        click.echo(text if as_csv else "\n" * bool(index) + text, nl=False)


def _table_text(paper: str, number: int, *, as_csv: bool, header: bool, shown: Step, which: str) -> str:
    """Return a table, and show which of its rows is being counted."""
    from ..paper_tables import table_text

    def tell(row: str) -> None:
        shown.at(f"{which}: {row}")

    return table_text(paper, number, as_csv=as_csv, header=header, told=tell)
