"""Parse, run the command, and turn every expected error into one line and exit status 2."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from attn_impls.plugins import PluginWarning
from bench.errors import NoiseWarning, UsageError, WorkerLostError
from results import StoreError, StoreWarning
from suites.request import LeftOutWarning

from .audit_command import audit_command
from .doctor_command import doctor_command
from .list_command import list_command
from .paper_command import paper_command
from .report_command import report_command
from .run_command import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE_STATUS = 2


class InOrder(click.Group):
    """Lists its commands in the order in which a user meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of registration."""
        del ctx
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("attnbench"), prog_name="attnbench")
def cli() -> None:
    """Measure attention variants in PyTorch and print the tables of their papers."""


for command in (list_command, run_command, report_command, paper_command, audit_command, doctor_command):
    cli.add_command(command)

#: Warnings that are for users to read.
NOTES = (StoreWarning, PluginWarning, LeftOutWarning, NoiseWarning)


@contextmanager
def _notes_in_a_line() -> Iterator[None]:
    """Print what was left out as one line, like everything else; other warnings go the usual way."""
    with warnings.catch_warnings():
        for kind in NOTES:
            warnings.simplefilter("always", kind)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, NOTES):
                click.echo(f"attnbench: note: {message}", err=True)
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        yield


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    try:
        with _notes_in_a_line():
            status = cli.main(args=arguments, prog_name="attnbench", standalone_mode=False)
    except (UsageError, StoreError, click.ClickException) as error:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        # One line, whatever the message was laid out as.
        click.echo(f"attnbench: {' '.join(text.split())}", err=True)
        sys.exit(USAGE_STATUS)
    except OSError as error:
        click.echo(f"attnbench: {error.filename}: {error.strerror}; give another path", err=True)
        sys.exit(USAGE_STATUS)
    except WorkerLostError as error:
        click.echo(f"attnbench: {error}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("attnbench: interrupted", err=True)
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
