"""``attnbench report``: render a run again, without measuring."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import unknown

EXAMPLES = """\b
Examples:
  attnbench report results/runs/my-run
  attnbench report results/runs/my-run --format csv --suite latency
"""


@click.command("report", epilog=EXAMPLES)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(["md", "csv"]), default="md", show_default=True)
@click.option("--suite", metavar="NAME", help="CSV of this suite alone, as in the run's folder. Default: all cases.")
def report_command(*, run: Path, format_: str, suite: str | None) -> None:
    """Print the report of RUN, a folder that ``attnbench run`` wrote."""
    from reporting.report import report
    from reporting.to_csv import run_csv, suite_csv
    from results.store import load

    loaded = load(run)
    if suite is not None and suite not in loaded.plan.suites:
        raise unknown("suite of this run", suite, loaded.plan.suites)
    if format_ == "md":
        click.echo(report(loaded), nl=False)
    else:
        click.echo(run_csv(loaded) if suite is None else suite_csv(loaded, suite), nl=False)
