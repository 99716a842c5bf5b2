"""``attnbench paper``: papers' tables, published beside measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.errors import UsageError

from ..limits import LIMITS
from ..output import from_command
from .options import axes, offer
from .statuses import RUNS, status_of

if TYPE_CHECKING:
    from reporting.published import Source

EXAMPLES = """\b
Examples:
  attnbench paper psk
  attnbench paper senet --table 10 --format csv
  attnbench paper psk --table 4 --ops --threads 1
"""

#: The table whose functions --ops measures.
SPEED_TABLE = ("psk", 4)


(BUDGET,) = (limit for limit in LIMITS if limit.name == "budget_s")


@click.command("paper", epilog=EXAMPLES)
@click.argument("name", required=False)
@click.option("--table", "tables", multiple=True, type=int, metavar="N", help="Table N alone. May be repeated.")
@click.option("--all", "every", is_flag=True, help="The tables of all papers.")
@click.option("--format", "format_", type=click.Choice(["md", "csv"]), default="md", show_default=True)
@click.option("--ops", is_flag=True, help="psk, table 4: time its functions here. Ten minutes on two CPU cores.")
@offer(axes("devices", "dtypes", "threads"), words="With --ops; as for attnbench run.")
@offer((BUDGET,), words="With --ops; likewise.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="With --ops; likewise.")
@click.pass_context
def paper_command(
    context: click.Context,
    /,
    *,
    name: str | None,
    tables: tuple[int, ...],
    every: bool,
    format_: str,
    ops: bool,
    **measuring: Any,
) -> int:
    """Print a paper's tables, measured beside published.

    The networks of paper NAME are rebuilt and counted, and every cell gets a verdict. Without a name: a list of the
    papers and their tables.
    """
    from reporting.published import PAPERS, PublishedError, sources, table_numbers

    if ops:
        if every or [(name, number) for number in tables] != [SPEED_TABLE]:
            msg = "--ops times the functions of one table: attnbench paper psk --table 4 --ops"
            raise UsageError(msg)
        return _measure_operators(format_, **measuring)
    _refuse_without_ops(context, measuring)
    if every and (name is not None or tables):
        msg = "--all prints every table of every paper; leave out the name and --table"
        raise UsageError(msg)
    if name is None and tables:
        msg = "--table needs the name of a paper; all: attnbench paper"
        raise UsageError(msg)
    if name is None and not every:
        listed = [f"{paper:<12}{source.table:>3}  {_line(source)}" for paper in PAPERS for source in sources(paper)]
        click.echo("\n".join(("paper     table  where", *listed)))
        return 0
    papers = PAPERS if name is None else (name,)
    try:
        numbers = {paper: table_numbers(paper) for paper in papers}
    except PublishedError as error:
        raise UsageError(str(error)) from None
    for number in tables:
        if number not in numbers[papers[0]]:
            choices = ", ".join(map(str, numbers[papers[0]]))
            msg = f"{name} has no table {number} that can be printed; choose from {choices}"
            raise UsageError(msg)
    _print([(paper, number) for paper in papers for number in (tables or numbers[paper])], format_)
    return 0


def _refuse_without_ops(context: click.Context, measuring: dict[str, Any]) -> None:
    """Nothing else of a paper is measured by a clock."""
    for parameter in context.command.params:
        if measuring.get(parameter.name):
            msg = f"{parameter.opts[0]} is for timing, which only --ops does: attnbench paper psk --table 4 --ops"
            raise UsageError(msg)


def _measure_operators(format_: str, *, out: Path | None, **chosen: Any) -> int:
    """Print the published times, run the suite of logit functions, and print its tables and its answer.

    As CSV the measured ones alone: their columns are others.
    """
    from suites.operators import NAME

    from ..documents import report
    from ..recording import record_run
    from ..running import planned

    as_csv = format_ == "csv"
    started = planned((NAME,), chosen)
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
    from attn_impls import builtin
    from reporting import derived
    from reporting.conformance_text import conformance_csv, conformance_markdown
    from reporting.published import is_of_times, load_table, load_times
    from reporting.published_times import times_csv, times_table
    from reporting.to_markdown import to_markdown
    from suites.papers.rebuild import Rebuilder

    from ..rebuilt import judge

    # One for all tables: many of them name the same networks.
    rebuilder = Rebuilder(builtin())
    for index, (paper, number) in enumerate(wanted):
        if is_of_times(paper, number):
            times = load_times(paper, number)
            as_csv = times_csv(times, header=not index)
            as_markdown = to_markdown(times_table(times))
        elif (paper, number) in derived.RECOUNTS:
            derive, origin = derived.RECOUNTS[paper, number]
            recounted = derive(load_table(paper, origin))
            as_csv = derived.derived_csv(recounted, header=not index)
            as_markdown = to_markdown(derived.derived_table(recounted))
        else:
            judged = judge(load_table(paper, number), rebuilder)
            as_csv = conformance_csv(judged, header=not index)
            as_markdown = conformance_markdown(judged)
        click.echo(as_csv if format_ == "csv" else "\n" * bool(index) + as_markdown, nl=False)
