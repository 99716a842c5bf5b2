"""``attnbench report``: render a run again, without measuring."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..documents import CSV
from ..output import columns as columns_of
from ..reports import printed_report
from .format_options import columns_option, format_option
from .once import Once

EXAMPLES = """\b
Examples:
  attnbench report results/runs/my-run --columns latency,samples
  attnbench report results/runs/my-run --format csv --suite latency
"""


@click.command("report", cls=Once, epilog=EXAMPLES)
@click.argument("run", type=click.Path(path_type=Path))
@format_option(CSV)
@columns_option()
@click.option("--suite", metavar="NAME", help="CSV of this suite alone, as in the run's folder. Default: all cases.")
def report_command(*, run: Path, format_: str, columns: tuple[str, ...], suite: str | None) -> None:
    """Print the report of a run again.

    RUN is the folder that attnbench run wrote. Nothing is measured.
    """
    printed = printed_report(run, format_, suite, columns)
    click.echo(printed.text(format_, columns, width=columns_of(sys.stdout)), nl=False)
