"""``attnbench run``: measure, and leave a folder with the run's records and report."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from msgspec.structs import replace

from bench.errors import UsageError
from results.records import Mode, Timing
from suites.request import Request

from ..audit_before import audit_planned, tell
from .options import MOST_THREADS, plugin_option

EXAMPLES = """\b
Examples:
  attnbench run --quick
  attnbench run latency --impl 'sk/*' --host resnext50_16x4d --batch-size 8
"""

#: Under --quick, unless asked otherwise: enough to see that everything works and who is slow.
QUICK_BUDGET_S = 0.1
QUICK_DIRECTIONS = ("forward", "both")
QUICK_BATCH_SIZES = (2,)


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
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    metavar="T",
    help="float32 (default), bfloat16, float16, float64. Of overflow, accuracy: all.",
)
@click.option("--direction", "directions", multiple=True, metavar="DIR", help="forward, backward or both.")
@click.option(
    "--slot",
    "slots",
    multiple=True,
    metavar="SLOT",
    help="Where in the network: block_output, or block_output@4 for stage 4 alone.",
)
@click.option("--image-size", type=click.IntRange(min=8), metavar="N", help="Height and width. Default: the network's.")
@click.option("--num-classes", type=click.IntRange(min=1), metavar="N", help="Default: the network's.")
@click.option("--threads", type=click.IntRange(1, MOST_THREADS), metavar="N", help="CPU threads. Default: torch's.")
@click.option(
    "--budget",
    "budget_s",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    help="Seconds of sampling a case. Default: 1.5.",
)
@click.option(
    "--precision",
    type=click.FloatRange(0, min_open=True),
    metavar="P",
    help="Half-width of the interval of the median to stop at. Default: 0.02.",
)
@click.option(
    "--time-limit",
    "time_limit_s",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    help="A step of a case that takes longer is a hang. Default: 300.",
)
@click.option(
    "--timing",
    type=click.Choice([timing.value for timing in Timing]),
    help="CUDA: caches hot (default) or cold before each call, or a CUDA graph.",
)
@click.option(
    "--mode",
    "modes",
    multiple=True,
    type=click.Choice([mode.value for mode in Mode]),
    help="overflow, operators: eager or compiled. Default: eager; of operators, both where it matters.",
)
@click.option(
    "--logits",
    "logits",
    multiple=True,
    metavar="SHAPE",
    help="operators: 4096x1000, or 256x2x256@1 over dimension 1. Default: shapes of branches, classes, attention.",
)
@click.option("--quick", is_flag=True, help=f"A first look: --budget {QUICK_BUDGET_S}, batch 2, forward and both.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: results/runs/<time>-<suites>.")
@click.option(
    "--resume", "resumed", type=click.Path(path_type=Path), metavar="RUN", help="Measure what RUN lacks, as planned."
)
@click.option("--quiet", is_flag=True, help="No progress, no tables, no notes; the folder is written all the same.")
@plugin_option
@click.pass_context
def run_command(context: click.Context, /, **given: Any) -> None:
    """Measure and write a report.

    SUITEs are those that attnbench list shows; default: complexity and latency. The run's folder gets run.json,
    records.jsonl, report.md and a CSV file a suite.
    """
    if given["resumed"] is not None:
        _refuse_more_than_resume(context)
        from ..resuming import resume

        resume(given["resumed"], quiet=given["quiet"])
        return
    from .. import measuring
    from ..recording import carry_out_into

    quick = given["quick"]
    request = Request(**{field.name: given[field.name] for field in dataclasses.fields(Request)})
    if quick:
        request = dataclasses.replace(
            request,
            directions=request.directions or QUICK_DIRECTIONS,
            batch_sizes=request.batch_sizes or QUICK_BATCH_SIZES,
        )
    limits = {name: given[name] for name in ("budget_s", "precision", "time_limit_s") if given[name] is not None}
    started = measuring.start(request, **({"budget_s": QUICK_BUDGET_S} if quick else {}) | limits)
    found = audit_planned(started.plan, started.plan.cases)
    tell(found, notes=not given["quiet"])
    audited = replace(started, audit=tuple(map(str, found)))
    carry_out_into(audited, out=given["out"], quiet=given["quiet"])


def _refuse_more_than_resume(context: click.Context) -> None:
    """A run is gone on with as it was planned."""
    for parameter in context.command.params:
        name = parameter.name or ""
        chosen = context.get_parameter_source(name) is not ParameterSource.DEFAULT and context.params[name]
        if chosen and name not in {"resumed", "quiet"}:
            msg = f"--resume goes on with the run as it was planned; leave out {parameter.opts[0]}"
            raise UsageError(msg)
