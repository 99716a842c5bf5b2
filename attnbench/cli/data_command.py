"""``attnbench data``: which data sets are on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.errors import UsageError
from training.datasets import DATASETS, dataset
from training.finding import download, find, get_words

from .once import Once

if TYPE_CHECKING:
    from training.datasets import DataSet

EXAMPLES = """\b
Examples:
  attnbench data
  attnbench data cifar10 --data ~/data --download
"""

DAMAGED_STATUS = 1


@click.command("data", cls=Once, epilog=EXAMPLES)
@click.argument("names", nargs=-1, metavar="[DATASET]...")
@click.option("--data", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Where to look first.")
@click.option("--download", "downloads", is_flag=True, help="Get those that are missing into the folder of --data.")
def data_command(*, names: tuple[str, ...], folder: Path | None, downloads: bool) -> int:
    """Show which data sets are there, and get others.

    It says where each is, or which command gets it. Every file that is found is read. Exit status 1 if one is
    damaged or lacking.
    """
    wanted = tuple(map(dataset, names)) or tuple(DATASETS.values())
    if downloads and (folder is None or not names):
        msg = "--download needs names and a folder: attnbench data cifar10 --data DIR --download"
        raise UsageError(msg)
    damaged = False
    for each in wanted:
        click.echo(
            f"{each.name}: {each.train_images} + {each.test_images} images of "
            f"{each.channels}×{each.size}×{each.size}, {each.classes} classes"
        )
        if downloads and folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            download(each.name, folder)
        try:
            click.echo(f"  {_where(each, folder)}")
        except UsageError as error:
            click.echo(f"  damaged: {error}")
            damaged = True
    return DAMAGED_STATUS if damaged else 0


def _where(wanted: DataSet, folder: Path | None) -> str:
    found = find(wanted.name, folder)
    if found is None:
        return f"missing; to get it: {get_words(wanted, folder)}"
    return f"found in {found.place} (digest {found.digest()})"
