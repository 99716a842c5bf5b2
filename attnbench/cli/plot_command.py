"""``attnbench plot``: a run as a chart."""

from __future__ import annotations

from pathlib import Path

import click

from ..drawn_plot import ending_of
from ..plotting import plot

EXAMPLES = """\b
Examples:
  attnbench plot results/runs/my-run --x macs --y latency -o pareto.pdf
  attnbench plot results/runs/my-run --chart ratios -o ratios.svg

\b
Quantities: parameters, macs, bytes, peak, saved, latency, speed, ratio, batch.
Charts: ratios, latency-macs, latency-bytes, latency-batch, peak-batch,
directions, attaching, overflow, errors, training.
"""


@click.command("plot", epilog=EXAMPLES)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--x", metavar="QUANTITY", help="Of the axis across.")
@click.option("--y", metavar="QUANTITY", help="Of the other axis.")
@click.option("--chart", metavar="NAME", help="A chart by name instead. Default: the first that the run gives.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="Ends in .svg, .png, .pdf, or .json for the Vega-Lite specification.",
)
def plot_command(*, run: Path, x: str | None, y: str | None, chart: str | None, out: Path) -> None:
    """Draw a chart of a run, with its intervals.

    RUN is the folder that attnbench run wrote. Nothing is measured. Needs the extra plot: pip install
    'attnbench[plot]'.
    """
    # Refused before anything is drawn.
    ending_of(out)
    plot(run, x=x, y=y, chart=chart).save(out)
    click.echo(f"Wrote {out}", err=True)
