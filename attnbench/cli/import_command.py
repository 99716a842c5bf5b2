"""``attnbench import``: a run from pytest-benchmark's JSON."""

from __future__ import annotations

from pathlib import Path

import click

from ..exchange import import_benchmarks
from ..run_folder import write_run
from .once import Once
from .statuses import RUNS

EXAMPLES = """\b
Examples:
  attnbench import benchmarks.json
  attnbench import benchmarks.json --out results/runs/from-pytest
"""


@click.command("import", cls=Once, epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: results/runs/<time>-<suites>.")
def import_command(*, file: Path, out: Path | None) -> None:
    """Make a run of a JSON file of pytest-benchmark.

    FILE is what pytest --benchmark-json or attnbench export wrote. Benchmarks that do not say what they time, in their
    extra_info, are left out. Nothing is measured.
    """
    run = import_benchmarks(file)
    folder = out or RUNS / run.run_id
    write_run(folder, run)
    click.echo(f"Wrote {folder} ({len(run.outcomes)} cases). Its report: attnbench report {folder}", err=True)
