"""What a run prints, and where."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

import click

from results.text import message, wrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a run prints. Progress and summary go to stderr."""

    progress: bool
    """Bars on a terminal, tables when the run is over, and notes on plug-ins."""
    summary: bool
    """What failed, and where the run was written."""
    tables_to_stderr: bool
    """Not to stdout, which is not ours in somebody's program."""

    def say(self, line: str) -> None:
        """Print a line of the summary."""
        if self.summary:
            # A terminal that hung up takes no more lines; the folder has all that they say.
            with suppress(OSError):
                say_on_stderr(line)

    def show(self, table: str) -> None:
        """Print a finished table."""
        click.echo(table, err=self.tables_to_stderr)


def say_on_stderr(text: str, before: str = "") -> None:
    """Print one line on stderr, between whose words a terminal goes on below.

    Args:
        text: whatever it was laid out as, and whatever it quotes.
        before: goes to the terminal as it is.

    """
    click.echo(before + wrapped(message(text), columns(sys.stderr)), err=True)


def columns(stream: TextIO) -> int | None:
    """Return how wide a terminal is; None of what is no terminal."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else None
    except (OSError, ValueError):
        return None


def from_command(*, quiet: bool) -> Output:
    """Return what a command prints."""
    return Output(progress=not quiet, summary=True, tables_to_stderr=False)


def in_notebook() -> bool:
    """Return whether this process runs the cells of a notebook."""
    return "ipykernel" in sys.modules


def from_python(*, progress: bool | None) -> Output:
    """Return what ``attnbench.run`` prints: how it goes on, or nothing. None: whether somebody looks on."""
    if progress is None:
        # A notebook shows what is printed, though it is no terminal.
        progress = sys.stderr.isatty() or in_notebook()
    return Output(progress=progress, summary=progress, tables_to_stderr=True)
