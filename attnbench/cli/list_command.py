"""``attnbench list``: what can be measured."""

from __future__ import annotations

import shutil
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from bench.errors import UsageError, refuse
from results.text import cut, json_text
from suites import choices
from suites.catalog import QUESTIONS

from .. import listing
from ..documents import CSV
from .completion import names
from .format_options import columns_option, format_option
from .once import Once
from .options import axes, offer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attn_impls import HostSpec

EXAMPLES = """\b
Examples:
  attnbench list
  attnbench list 'sk/*' resnet
  attnbench list --json
  attnbench list --format csv --columns name,paper
"""

TEXT, JSON = "text", "json"

#: A column is not cut to less than this.
LEAST_WIDTH = 12
BETWEEN = 2
INDENT = 2


@click.command("list", cls=Once, epilog=EXAMPLES)
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...", shell_complete=names)
@click.option("--json", "as_json", is_flag=True, help="As --format json: machine-readable, with options and papers.")
@format_option(CSV, JSON, first=(TEXT,), default=TEXT)
@columns_option()
@offer(axes("plugins"))
def list_command(
    *, patterns: tuple[str, ...], as_json: bool, format_: str, columns: tuple[str, ...], plugins: tuple[str, ...]
) -> None:
    """Show the implementations, backbones and suites there are.

    PATTERNs choose by name: 'sk/*', or a part of it. On a terminal long cells are cut; in a pipe they are not.
    """
    wanted = JSON if as_json else format_
    if wanted != TEXT:
        click.echo(_printed(wanted, columns, patterns, plugins), nl=False)
        return
    if columns:
        msg = "--columns chooses columns of --format md, html, tex or csv; name one of them"
        raise UsageError(msg)
    registry = choices.registry(plugins)
    rows = [(spec.name, spec.family.value, spec.summary, spec.paper) for spec in registry.specs.values()]
    networks = [
        (host.name, str(host.image_size), " ".join(host.stages), _slots(host), host.summary)
        for host in registry.hosts.values()
    ]
    suites = [(suite.name, suite.question) for suite in QUESTIONS.values()]
    tables: tuple[tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]], ...] = (
        ("Implementations", ("name", "family", "what it is", "paper"), rows),
        ("Backbones", ("name", "image", "stages", "slots", "what it is"), networks),
        ("Suites", ("name", "what it measures"), suites),
    )
    found = [
        (title, header, [row for row in all_rows if _matches(row[0], patterns)]) for title, header, all_rows in tables
    ]
    if not any(rows for _, _, rows in found):
        every = [row[0] for _, _, all_rows in tables for row in all_rows]
        refuse("name", " ".join(patterns), every, more="All: attnbench list")
    for title, header, matching in found:
        if matching:
            _section(title, header, matching)


def _printed(wanted: str, columns: Sequence[str], patterns: Sequence[str], plugins: Sequence[str]) -> str:
    """Return the list in a format that is not for a terminal."""
    from ..listing_tables import listing_csv, listing_document
    from ..printed import Printed

    listed = listing.list(plugins)
    chosen = {kind: [row for row in rows if _matches(row["name"], patterns)] for kind, rows in listed.items()}
    return Printed(
        document=lambda: listing_document(chosen),
        data={CSV: lambda: listing_csv(chosen), JSON: lambda: json_text(chosen, indent=2)},
    ).text(wanted, columns)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a name matches any of the patterns, or has one as a part; without a pattern all do."""
    return not patterns or any(fnmatchcase(name, pattern) or pattern in name for pattern in patterns)


def _slots(host: HostSpec) -> str:
    """Return the slots by the family that fits them, the default of each first."""
    families = dict.fromkeys(host.slots.values())
    return "; ".join(f"{family}: {', '.join(host.fitting(family))}" for family in families)


def _section(title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    if on_terminal():
        widths = fitting(widths, shutil.get_terminal_size().columns - INDENT)
    click.echo(title)
    for row in [header, *rows]:
        cells = (cut(cell, width).ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(f"{' ' * INDENT}{(' ' * BETWEEN).join(cells)}".rstrip())
    click.echo()


def on_terminal() -> bool:
    """Return whether the list is read on a terminal, not by another program."""
    return sys.stdout.isatty()


def fitting(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns that fit into so many columns of a terminal: the widest gives way first.

    The first, which has the names, is not cut.
    """
    found = list(widths)
    while sum(found) + BETWEEN * (len(found) - 1) > room:
        widest = max(range(1, len(found)), key=found.__getitem__)
        if found[widest] <= LEAST_WIDTH:
            break
        found[widest] -= 1
    return found
