"""``attnbench paper``: papers' tables, published beside measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import UsageError

if TYPE_CHECKING:
    from reporting.published import Source

EXAMPLES = """\b
Examples:
  attnbench paper psk
  attnbench paper senet --table 10 --format csv
"""


@click.command("paper", epilog=EXAMPLES)
@click.argument("name", required=False)
@click.option("--table", "tables", multiple=True, type=int, metavar="N", help="Table N alone. May be repeated.")
@click.option("--all", "every", is_flag=True, help="The tables of all papers.")
@click.option("--format", "format_", type=click.Choice(["md", "csv"]), default="md", show_default=True)
def paper_command(*, name: str | None, tables: tuple[int, ...], every: bool, format_: str) -> None:
    """Print a paper's tables, measured beside published.

    The networks of paper NAME are rebuilt and counted, and every cell gets a verdict. Without a name: a list of the
    papers and their tables.
    """
    from reporting.published import PAPERS, PublishedError, sources, table_numbers

    if every and (name is not None or tables):
        msg = "--all prints every table of every paper; leave out the name and --table"
        raise UsageError(msg)
    if name is None and tables:
        msg = "--table needs the name of a paper; all: attnbench paper"
        raise UsageError(msg)
    if name is None and not every:
        listed = [f"{paper:<12}{source.table:>3}  {_line(source)}" for paper in PAPERS for source in sources(paper)]
        click.echo("\n".join(("paper     table  where", *listed)))
        return
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


def _line(source: Source) -> str:
    return f"{source.short}, {source.place}: {source.subject} ({source.reference})"


def _print(wanted: list[tuple[str, int]], format_: str) -> None:
    """Print each table as soon as it has been judged: some take seconds."""
    from attn_impls import builtin
    from reporting import derived
    from reporting.conformance_text import conformance_csv, conformance_markdown
    from reporting.published import load_table
    from reporting.to_markdown import to_markdown
    from suites.papers.rebuild import Rebuilder

    from .rebuilt import judge

    # One for all tables: many of them name the same networks.
    rebuilder = Rebuilder(builtin())
    for index, (paper, number) in enumerate(wanted):
        if (paper, number) in derived.RECOUNTS:
            derive, origin = derived.RECOUNTS[paper, number]
            recounted = derive(load_table(paper, origin))
            as_csv = derived.derived_csv(recounted, header=not index)
            as_markdown = to_markdown(derived.derived_table(recounted))
        else:
            judged = judge(load_table(paper, number), rebuilder)
            as_csv = conformance_csv(judged, header=not index)
            as_markdown = conformance_markdown(judged)
        click.echo(as_csv if format_ == "csv" else "\n" * bool(index) + as_markdown, nl=False)
