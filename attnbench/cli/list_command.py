"""``attnbench list``: what can be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from results.text import json_text
from suites import choices
from suites.catalog import QUESTIONS

from .. import listing
from .once import Once
from .options import axes, offer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attn_impls import HostSpec

EXAMPLES = """\b
Examples:
  attnbench list
  attnbench list --json
"""


@click.command("list", cls=Once, epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, with options and papers.")
@offer(axes("plugins"))
def list_command(*, as_json: bool, plugins: tuple[str, ...]) -> None:
    """Show the implementations, backbones and suites there are."""
    if as_json:
        click.echo(json_text(listing.list(plugins), indent=2), nl=False)
        return
    registry = choices.registry(plugins)
    rows = [(spec.name, spec.family.value, spec.summary, spec.paper) for spec in registry.specs.values()]
    _section("Implementations", ("name", "family", "what it is", "paper"), rows)
    networks = [
        (host.name, str(host.image_size), " ".join(host.stages), _slots(host), host.summary)
        for host in registry.hosts.values()
    ]
    _section("Backbones", ("name", "image", "stages", "slots", "what it is"), networks)
    _section("Suites", ("name", "what it measures"), [(suite.name, suite.question) for suite in QUESTIONS.values()])


def _slots(host: HostSpec) -> str:
    """Return the slots by the family that fits them, the default of each first."""
    families = dict.fromkeys(host.slots.values())
    return "; ".join(f"{family}: {', '.join(host.fitting(family))}" for family in families)


def _section(title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    click.echo(title)
    for row in [header, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(f"  {'  '.join(cells)}".rstrip())
    click.echo()
