"""``attnbench paper``: papers' tables, published beside measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.errors import UsageError

from ..documents import CSV, MARKDOWN
from .format_options import columns_option, format_option
from .once import Once
from .options import axes, offer
from .paper_measuring import BUDGET, OF_EPOCHS, SPEED_TABLE, measure_operators, measure_speeds
from .paper_printing import listed, print_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = """\b
Examples:
  attnbench paper psk
  attnbench paper senet --table 10 --format tex
  attnbench paper senet --speed --budget 60
  attnbench paper psk --table 4 --ops --threads 1
"""

WHAT_IS_TIMED = "--speed, --ops, and --table of a table of speeds"


@click.command("paper", cls=Once, epilog=EXAMPLES)
@click.argument("name", required=False)
@click.option("--table", "tables", multiple=True, type=int, metavar="N", help="Table N alone. May be repeated.")
@click.option("--all", "every", is_flag=True, help="The tables of all papers, speeds as published.")
@format_option(CSV, default=None, words="Default: md; of the list of papers plain lines.")
@columns_option()
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
    format_: str | None,
    columns: tuple[str, ...],
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
    from reporting.published import PAPERS, has_speeds

    if ops:
        if every or speed or as_published or [(name, number) for number in tables] != [SPEED_TABLE]:
            msg = "--ops times the functions of one table: attnbench paper psk --table 4 --ops"
            raise UsageError(msg)
        return measure_operators(format_ or MARKDOWN, columns, **measuring)
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
        click.echo(listed(format_, columns), nl=False)
        return 0
    format_ = format_ or MARKDOWN
    wanted = _wanted(PAPERS if name is None else (name,), tables)
    timed = _timed(wanted, speed=speed) if name is not None and not as_published else []
    if not timed:
        _refuse_untimed(context, measuring)
        print_tables(wanted, format_, columns)
        return 0
    others = [] if speed or format_ == CSV else [each for each in wanted if not has_speeds(*each)]
    if format_ == MARKDOWN and others and not columns:
        print_tables(others, format_, columns)
        click.echo()
        others = []
    return measure_speeds(others, timed, format_, columns, **measuring)


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
