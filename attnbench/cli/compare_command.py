"""``attnbench compare``: runs side by side, without measuring."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..comparing import OWN, printed_comparison
from ..output import columns as columns_of
from .format_options import columns_option, format_option
from .once import Once

EXAMPLES = """\b
Examples:
  attnbench compare results/runs/before results/runs/after
  attnbench compare results/runs/* --format csv
"""


@click.command("compare", cls=Once, epilog=EXAMPLES)
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN RUN...")
@format_option(*OWN)
@columns_option()
def compare_command(*, runs: tuple[Path, ...], format_: str, columns: tuple[str, ...]) -> None:
    """Show every figure of several runs side by side.

    RUNs are folders that attnbench run wrote; the others are held against the first. Nothing is measured.
    """
    printed = printed_comparison(runs)
    click.echo(printed.text(format_, columns, width=columns_of(sys.stdout)), nl=False)
