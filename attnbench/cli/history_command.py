"""``attnbench history``: runs over time, without measuring."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from results.history import P_VALUE

from ..output import columns as columns_of
from ..over_time import OWN, printed_history
from .format_options import columns_option, format_option
from .once import Once

EXAMPLES = """\b
Examples:
  attnbench history results/runs
  attnbench history results/runs --format github > output.json
"""


@click.command("history", cls=Once, epilog=EXAMPLES)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER|RUN...")
@format_option(*OWN)
@columns_option()
@click.option(
    "--p-value",
    type=float,
    default=P_VALUE,
    show_default=True,
    metavar="P",
    help="How often, at most, a measured series without a change is said to have one.",
)
def history_command(*, folders: tuple[Path, ...], format_: str, columns: tuple[str, ...], p_value: float) -> None:
    """Show runs over time, and where their figures change.

    FOLDERs hold runs, RUNs are folders of runs. Each change is shown with the first commit that has it. The format
    github is the newest run as github-action-benchmark reads it (customSmallerIsBetter).
    """
    printed = printed_history(folders, p_value)
    click.echo(printed.text(format_, columns, width=columns_of(sys.stdout)), nl=False)
