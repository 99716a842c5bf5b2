"""``attnbench compare``: runs side by side, without measuring."""

from __future__ import annotations

from pathlib import Path

import click

from ..comparing import OWN, compare
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
    click.echo(compare(*runs, format=format_, columns=columns), nl=False)
