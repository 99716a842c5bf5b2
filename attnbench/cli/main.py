"""Parse, run the command, and turn every expected error into one line and an exit status."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

#: Command -> its help in a line, in the order in which a user meets them. Each is in a file of its name; that is
#: imported when it is asked for: a list of commands must not wait for what they need.
COMMANDS = {
    "list": "Show the implementations, backbones and suites there are.",
    "run": "Measure and write a report.",
    "report": "Print the report of a run again.",
    "plot": "Draw a chart of a run, with its intervals.",
    "compare": "Show every figure of several runs side by side.",
    "history": "Show runs over time, and where their figures change.",
    "merge": "Put runs of one plan together: one run for each kind of machine.",
    "import": "Make a run of a JSON file of pytest-benchmark.",
    "export": "Print a run for other programs.",
    "paper": "Print a paper's tables, measured beside published.",
    "check": "Compare the working tree with another version of it, case by case.",
    "baseline": "Keep runs that later ones are checked against.",
    "audit": "Look whether implementations do what their family promises.",
    "data": "Show which data sets are there, and get others.",
    "doctor": "Look for what makes measurements on this machine noisy.",
}

USAGE_STATUS = 2
LOST_STATUS = 1


class _StoppedError(Exception):
    """A signal ended the command. Not the interrupt itself: click prints an empty line on that."""

    def __init__(self, error: KeyboardInterrupt) -> None:
        super().__init__(str(error))
        self.error = error


class OnDemand(click.Group):
    """Imports a command when it is run or asked for its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".{cmd_name}_command", __package__), f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for, with its warnings in a line each."""
        from .notes import warnings_in_a_line

        try:
            with warnings_in_a_line():
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise _StoppedError(error) from error


@click.group(cls=OnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="attnbench", prog_name="attnbench")
def cli() -> None:
    """Measure attention variants in PyTorch and print the tables of their papers."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    from bench.termination import termination_as_interrupt

    from .streams import hold_places

    hold_places()
    try:
        with termination_as_interrupt(last=True):
            _run(arguments)
    except KeyboardInterrupt as error:
        _end_stopped(error)


def _run(arguments: list[str] | None) -> NoReturn:
    """Run the command line and exit; an interrupt outside a command comes through."""
    try:
        status = cli.main(args=arguments, prog_name="attnbench", standalone_mode=False)
    except click.ClickException as error:
        _end(error.format_message(), USAGE_STATUS)
    except _StoppedError as stopped:
        raise stopped.error from None
    except click.Abort as error:
        raise error.__cause__ if isinstance(error.__cause__, KeyboardInterrupt) else KeyboardInterrupt from None
    except OSError as error:
        from .streams import words_of

        said = words_of(error)
        if said is None:
            raise
        _end(said, USAGE_STATUS)
    except Exception as error:
        # Imported now: whoever asks for help must not wait for it.
        from bench.errors import UsageError, WorkerLostError
        from bench.termination import asked_to_end
        from results import StoreError

        stopped_by = asked_to_end()
        if stopped_by is not None:
            # Half an import, a callback of C++: what was interrupted may have made something else of it.
            raise stopped_by from error
        if isinstance(error, UsageError | StoreError):
            _end(str(error), USAGE_STATUS)
        if isinstance(error, WorkerLostError):
            _end(str(error), LOST_STATUS)
        raise
    sys.exit(status if isinstance(status, int) else 0)


def _end_stopped(error: KeyboardInterrupt) -> NoReturn:
    from bench.termination import SignalledKeyboardInterrupt

    if isinstance(error, SignalledKeyboardInterrupt):
        _end("; ".join(filter(None, (str(error), error.remedy))), error.status)
    # Signals raise the one above: this is of a plug-in, or of whatever else was called.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    _end(f"{frame.filename}, line {frame.lineno}: raises KeyboardInterrupt, with no signal", USAGE_STATUS)


def _end(text: str, status: int) -> NoReturn:
    # Imported now, as above.
    from ..output import say_on_stderr

    # A terminal that hung up takes no more lines; the status still tells.
    with suppress(OSError):
        say_on_stderr(f"attnbench: {text}")
    sys.exit(status)
