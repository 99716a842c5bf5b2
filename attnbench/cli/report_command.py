"""``attnbench report``: render a run again, without measuring."""

from __future__ import annotations

from pathlib import Path

import click

from bench.errors import refuse

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
    """Print the report of a run again.

    RUN is the folder that attnbench run wrote. Nothing is measured.
    """
    from reporting.report import report
    from reporting.to_csv import run_csv, suite_csv
    from results import load

    loaded = load(run)
    if suite is not None and suite not in loaded.plan.suites:
        refuse("suite of this run", suite, loaded.plan.suites)
    if format_ == "md":
        click.echo(report(loaded), nl=False)
    else:
        click.echo(run_csv(loaded) if suite is None else suite_csv(loaded, suite), nl=False)
