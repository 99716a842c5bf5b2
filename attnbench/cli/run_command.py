"""``attnbench run``: measure, and leave a folder with the run's records and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from suites.axes import AXES

from ..limits import LIMITS, QUICK_WORDS
from ..output import from_command
from .once import Once
from .options import offer
from .statuses import RUNS, status_of

EXAMPLES = """\b
Examples:
  attnbench run --quick
  attnbench run latency --impl 'sk/*' --host resnext50_16x4d --batch-size 8
"""


@click.command("run", cls=Once, epilog=EXAMPLES)
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@offer(AXES)
@offer(LIMITS)
@click.option("--quick", is_flag=True, help=QUICK_WORDS)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: results/runs/<time>-<suites>.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Measure what RUN lacks, as planned.")
@click.option("--trust", is_flag=True, help="With --resume: take plug-ins as they are, though others were measured.")
@click.option("--quiet", is_flag=True, help="No progress, no tables, no notes; the folder is written all the same.")
def run_command(
    *,
    suites: tuple[str, ...],
    quick: bool,
    out: Path | None,
    resume: Path | None,
    trust: bool,
    quiet: bool,
    **chosen: Any,
) -> int:
    """Measure and write a report.

    SUITEs are those that attnbench list shows; default: complexity and latency. The run's folder gets run.json,
    records.jsonl, report.md and a CSV file a suite.
    """
    from ..running import run_as_chosen

    output = from_command(quiet=quiet)
    return status_of(
        run_as_chosen(suites, chosen, quick=quick, out=out, resume=resume, output=output, below=RUNS, trust=trust)
    )
