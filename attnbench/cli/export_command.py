"""``attnbench export``: a run for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from ..exchange import export_benchmarks
from .once import Once

EXAMPLES = """\b
Examples:
  attnbench export --pytest-benchmark results/runs/my-run > my-run.json
  attnbench export --pytest-benchmark results/runs/my-run --out my-run.json
"""


@click.command("export", cls=Once, epilog=EXAMPLES)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--pytest-benchmark",
    "format_",
    flag_value="pytest-benchmark",
    required=True,
    help="JSON that pytest-benchmark compare reads: the latencies, with every sample.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Default: printed.")
def export_command(*, run: Path, format_: str, out: Path | None) -> None:
    """Print a run for other programs.

    RUN is the folder that attnbench run wrote. Nothing is measured.
    """
    del format_
    text = export_benchmarks(run)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
