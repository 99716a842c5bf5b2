"""``attnbench run``: measure, and leave a folder with the run's records and report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from suites.request import Request

from .options import plugin_option

EXAMPLES = """\b
Examples:
  attnbench run --quick
  attnbench run latency --impl 'sk/*' --host resnext50_16x4d --batch-size 8
"""

#: Under --quick, unless asked otherwise: enough to see that everything works and who is slow.
QUICK_BUDGET_S = 0.15
QUICK_DIRECTIONS = ("forward", "both")


@click.command("run", epilog=EXAMPLES)
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option("--impl", "impls", multiple=True, metavar="GLOB", help="Implementation, or a pattern such as 'sk/*'.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Network, or none: the attention alone.")
@click.option("--device", "devices", multiple=True, metavar="D", help="cpu, cuda or cuda:N. Default: the best here.")
@click.option(
    "--batch-size",
    "batch_sizes",
    multiple=True,
    type=int,
    metavar="N",
    help="Images a call. Default: 4 (CUDA alone: 32).",
)
@click.option("--dtype", "dtypes", multiple=True, metavar="T", help="float32 (default), bfloat16, float16, float64.")
@click.option("--direction", "directions", multiple=True, metavar="DIR", help="forward, backward or both.")
@click.option("--image-size", type=click.IntRange(min=8), default=32, show_default=True, help="Height and width.")
@click.option("--num-classes", type=click.IntRange(min=1), default=100, show_default=True, help="Classifier's width.")
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="CPU threads. Default: torch's.")
@click.option(
    "--budget",
    "budget_s",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    help="Seconds of sampling a case. Default: 1.5.",
)
@click.option("--quick", is_flag=True, help=f"A first look: --budget {QUICK_BUDGET_S}, forward and both.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: results/runs/<time>-<suites>.")
@click.option("--quiet", is_flag=True, help="No progress, no tables; the folder is written all the same.")
@plugin_option
def run_command(
    *, budget_s: float | None, quick: bool, out: Path | None, quiet: bool, **asked: tuple[str, ...]
) -> None:
    """Measure and write a report.

    SUITEs are those that attnbench list shows; default: all. The run's folder gets run.json, records.jsonl, report.md
    and a CSV file a suite.
    """
    from . import api
    from .carry import carry_out_into

    request = Request(**asked)  # type: ignore[arg-type]
    if quick and not request.directions:
        request = replace(request, directions=QUICK_DIRECTIONS)
    budget = budget_s if budget_s is not None else QUICK_BUDGET_S if quick else api.BUDGET_S
    carry_out_into(request, budget_s=budget, out=out, quiet=quiet)
