"""``attnbench baseline``: runs that are kept for later ones to be checked against."""

from __future__ import annotations

from pathlib import Path

import click

from .format_options import columns_option, format_option
from .once import Once

EXAMPLES = """\b
Examples:
  attnbench baseline set results/runs/before
  attnbench baseline set results/runs/before --name laptop --replace

\b
A baseline is a copy of a run, below results/baselines, small enough to be
committed. Compare with it: attnbench check --baseline NAME
"""


@click.group("baseline", epilog=EXAMPLES)
def baseline_command() -> None:
    """Keep runs that later ones are checked against."""


@baseline_command.command("set", cls=Once)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="Default: the device and the processor that measured.")
@click.option("--replace", is_flag=True, help="Put it in place of a baseline of that name.")
def set_command(*, run: Path, name: str | None, replace: bool) -> None:
    """Keep a copy of RUN, a folder that attnbench run wrote."""
    from ..baselines import set_baseline

    folder = set_baseline(run, name=name, overwrite=replace)
    click.echo(f"Wrote {folder}/. Compare with it: attnbench check --baseline {folder.name}", err=True)


@baseline_command.command("show", cls=Once)
@click.argument("name", required=False)
@format_option()
@columns_option()
def show_command(*, name: str | None, format_: str, columns: tuple[str, ...]) -> None:
    """Print where a baseline was measured, how noisy it was there, and its cases.

    NAME can be left out if there is only one.
    """
    from ..baselines import show_baseline

    click.echo(show_baseline(name, format_, columns), nl=False)


@baseline_command.command("list", cls=Once)
@format_option(default=None, words="Default: the table alone, as Markdown.")
@columns_option()
def list_command(*, format_: str | None, columns: tuple[str, ...]) -> None:
    """Print a table of the baselines below this folder."""
    from ..baselines import list_baselines

    click.echo(list_baselines(format_, columns), nl=False)
