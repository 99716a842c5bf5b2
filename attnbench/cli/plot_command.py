"""``attnbench plot``: a run as a chart."""

from __future__ import annotations

from pathlib import Path

import click

from bench.errors import UsageError

from ..drawn_plot import ending_of, known_ending
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
    help="Ends in .svg, .png, .pdf, .json for the Vega-Lite specification, or .csv for the figures.",
)
@click.option("--format", "format_", metavar="NAME", help="As an ending of FILE; without FILE it goes to stdout.")
def plot_command(
    *, run: Path, x: str | None, y: str | None, chart: str | None, out: Path | None, format_: str | None
) -> None:
    """Draw a chart of a run, with its intervals.

    RUN is the folder that attnbench run wrote. Nothing is measured. Needs the extra plot: pip install
    'attnbench[plot]'.
    """
    if out is None and format_ is None:
        msg = "say where the chart goes: -o FILE, or --format svg for stdout"
        raise UsageError(msg)
    # Refused before anything is drawn.
    ending = ending_of(out or Path()) if format_ is None else known_ending(f".{format_.lower()}")
    drawn = plot(run, x=x, y=y, chart=chart)
    if out is None:
        click.echo(drawn.drawn(ending), nl=False)
        return
    drawn.save(out, ending)
    click.echo(f"Wrote {out}", err=True)
