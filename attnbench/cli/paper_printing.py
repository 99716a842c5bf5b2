"""The tables of papers on the terminal: at once where they can be, else in one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..documents import CSV, MARKDOWN
from ..output import from_command
from ..printed import Printed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporting.document import Document
    from reporting.published import Source
    from suites.papers.rebuild import Rebuilder

    from ..paper_tables import PaperTable
    from ..progress.steps import Step

TITLE = "Tables of papers, published beside measured"


def listed(format_: str | None, columns: Sequence[str]) -> str:
    """Return which papers and tables there are; without a format in plain lines."""
    from reporting.csv_text import csv_lines
    from reporting.published import PAPERS, sources
    from reporting.table import Table, number, text

    from ..paper_tables import tables_document

    found = [(paper, source) for paper in PAPERS for source in sources(paper)]
    if format_ is None and not columns:
        lines = [f"{paper:<12}{source.table:>3}  {line_of(source)}" for paper, source in found]
        return "".join(f"{line}\n" for line in ("paper     table  where", *lines))
    heads = ("paper", "table", "where")
    rows = [(paper, str(source.table), line_of(source)) for paper, source in found]
    table = Table(title="Tables of papers", columns=(text("paper"), number("table"), text("where")), rows=tuple(rows))
    return Printed(
        document=lambda: tables_document("Papers", [("Tables", [table])]),
        data={CSV: lambda: csv_lines(heads, (dict(zip(heads, row, strict=True)) for row in rows))},
    ).text(format_ or MARKDOWN, columns)


def line_of(source: Source) -> str:
    """Return where a table stands, and what it is about."""
    return f"{source.short}, {source.place}: {source.subject} ({source.reference})"


def print_tables(wanted: list[tuple[str, int]], format_: str, columns: Sequence[str]) -> None:
    """Print each table as soon as it has been judged: some take seconds. A document has all of them.

    Args:
        wanted: papers and numbers of tables.
        format_: of all of them.
        columns: of the tables or the CSV, in this order.

    """
    from ..paper_tables import table_markdown

    found = found_tables(wanted, quiet=format_ == CSV)
    if columns or format_ not in {MARKDOWN, CSV}:
        every = [*found]
        document = tables_of(every)
        lines = "".join(table.csv(not index) for index, (_, _, table) in enumerate(every))
        click.echo(Printed(document=lambda: document, data={CSV: lambda: lines}).text(format_, columns), nl=False)
        return
    for index, (_, _, table) in enumerate(found):
        as_markdown = format_ == MARKDOWN
        text = "\n" * bool(index) + table_markdown(table.tables) if as_markdown else table.csv(not index)
        click.echo(text, nl=False)


def found_tables(wanted: list[tuple[str, int]], *, quiet: bool = True) -> Iterator[tuple[str, int, PaperTable]]:
    """Yield each table, and show which of its rows is being counted."""
    from ..counting import rebuilder_of
    from ..progress.steps import step

    output = from_command(quiet=quiet)
    with rebuilder_of(wanted) as rebuilder:
        for index, (paper, number) in enumerate(wanted):
            with step(paper, output) as shown:
                which = f"{index + 1}/{len(wanted)}, table {number}"
                # Before torch is imported.
                shown.at(which)
                table = _judged(paper, number, rebuilder, shown=shown, which=which)
            yield paper, number, table


def tables_of(found: Iterable[tuple[str, int, PaperTable]]) -> Document:
    """Return tables of papers as a document, a section each."""
    from ..paper_tables import tables_document

    return tables_document(TITLE, [(f"{paper}, table {number}", table.tables) for paper, number, table in found])


def _judged(paper: str, number: int, rebuilder: Rebuilder, *, shown: Step, which: str) -> PaperTable:
    from ..paper_tables import paper_table

    def tell(row: str) -> None:
        shown.at(f"{which}: {row}")

    return paper_table(paper, number, rebuilder, told=tell)
