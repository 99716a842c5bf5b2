"""Options that several commands share."""

from __future__ import annotations

import click

plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="PLUGIN",
    help="Add implementations: FILE.py, a module (package.module), or timm. May be repeated.",
)
