"""Options that several commands share."""

from __future__ import annotations

import click

plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE.py",
    help="Add the implementations that this file describes. May be repeated.",
)
