"""``attnbench paper``: a paper's tables, published beside measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import UsageError

if TYPE_CHECKING:
    from reporting.published import PublishedTable
    from results.records import Complexity

EXAMPLES = """\b
Examples:
  attnbench paper psk
  attnbench paper psk --table 2 --format csv
"""


@click.command("paper", epilog=EXAMPLES)
@click.argument("name")
@click.option("--table", "tables", multiple=True, type=int, metavar="N", help="Table N alone. May be repeated.")
@click.option("--format", "format_", type=click.Choice(["md", "csv"]), default="md", show_default=True)
def paper_command(*, name: str, tables: tuple[int, ...], format_: str) -> None:
    """Print a paper's tables, measured beside published.

    The networks of paper NAME are rebuilt and counted, and every cell gets a verdict.
    """
    from reporting.published import PublishedError, table_numbers

    try:
        numbers = table_numbers(name)
    except PublishedError as error:
        raise UsageError(str(error)) from None
    for number in tables:
        if number not in numbers:
            msg = f"{name} has no table {number} that can be printed; choose from {', '.join(map(str, numbers))}"
            raise UsageError(msg)
    printed = [_print(name, number, format_) for number in (tables or numbers)]
    click.echo("\n".join(printed), nl=False)


def _print(paper: str, number: int, format_: str) -> str:
    """Return one table as text."""
    from reporting import derived
    from reporting.conformance import judge_table
    from reporting.conformance_text import conformance_csv, conformance_markdown
    from reporting.published import load_table
    from reporting.to_markdown import to_markdown

    table2 = load_table(paper, 2)
    recounts = {3: derived.derive_table3, 5: derived.derive_table5}
    if number in recounts:
        recounted = recounts[number](table2)
        if format_ == "csv":
            return derived.derived_csv(recounted)
        return to_markdown(derived.derived_table(recounted))
    measured, alternatives = _count(table2)
    judged = judge_table(table2, measured)
    return conformance_csv(judged) if format_ == "csv" else conformance_markdown(judged, alternatives)


def _count(table: PublishedTable) -> tuple[dict[str, Complexity], dict[str, tuple[str, Complexity]]]:
    """Count every row's network, and the networks that could have stood in its place."""
    from attn_impls import builtin
    from suites.papers import psk

    registry = builtin()
    measured: dict[str, Complexity] = {}
    alternatives: dict[str, tuple[str, Complexity]] = {}
    for row in table.rows:
        implementation = psk.IMPLEMENTATIONS[row.attention, row.normalizer]
        measured[row.name] = psk.count(row.backbone, implementation, registry)
        other = psk.AS_IN_THE_TEXT.get(implementation)
        if other is not None:
            alternatives[row.name] = (other, psk.count(row.backbone, other, registry))
    return measured, alternatives
