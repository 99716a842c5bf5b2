"""Options that several commands share."""

from __future__ import annotations

import os

import click

#: More than anybody measures with; millions make the thread pool crash.
MOST_THREADS = 8 * (os.cpu_count() or 1)

plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="PLUGIN",
    help="Add implementations: FILE.py, a module (package.module), or timm. May be repeated.",
)
