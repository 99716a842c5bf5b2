"""The steps before and after the cases: a line each, which says how far a step is and then how it ended."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from reporting.units import format_percent
from results.text import cut, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from results.records import NoiseFloor

    from ..output import Output

#: Of the names of steps.
NAME_WIDTH = 12
#: Seconds between two lines of a log.
LINE_EVERY_S = 10.0
#: Goes back to the beginning of the line and clears it.
AGAIN = "\r\x1b[2K"


class Step:
    """One step, while it goes on.

    Args:
        name: of the step.
        seen: whether anything is printed.
        terminal: whether a line can be written again.
        now_s: seconds on a monotonic clock; tests bring their own.

    """

    def __init__(self, name: str, *, seen: bool, terminal: bool, now_s: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._seen = seen
        self._terminal = terminal
        self._now_s = now_s
        self._is_ended = False
        self._told_s = now_s()

    def at(self, words: str) -> None:
        """Show how far it is: at once on a terminal, every ten seconds in a log."""
        if not self._seen:
            return
        line = f"{printable(self._name):<{NAME_WIDTH}} {printable(words)}"
        if self._terminal:
            click.echo(f"{AGAIN}{cut(line, _columns() - 1)}", nl=False, err=True, color=True)
        elif self._now_s() - self._told_s >= LINE_EVERY_S:
            self._told_s = self._now_s()
            click.echo(line, err=True)

    def end(self, words: str) -> None:
        """Say how it ended."""
        self._is_ended = True
        if self._seen:
            line = f"{printable(self._name):<{NAME_WIDTH}} {printable(words)}"
            click.echo(f"{AGAIN if self._terminal else ''}{line}", err=True, color=self._terminal)

    def drop(self) -> None:
        """Leave nothing of it, unless it has ended."""
        if self._seen and self._terminal and not self._is_ended:
            click.echo(AGAIN, nl=False, err=True, color=True)


def is_terminal() -> bool:
    """Return whether stderr can be drawn on: a line that is written again and again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def step(name: str, output: Output) -> Iterator[Step]:
    """Show a step of a run.

    Args:
        name: of the step.
        output: whether anything is printed.

    """
    shown = Step(name, seen=output.progress, terminal=is_terminal())
    try:
        yield shown
    finally:
        shown.drop()


def floor_words(floors: Sequence[NoiseFloor]) -> str:
    """Return noise floors in words: ``± 0.9% (equal convolutions)``."""
    several = len({floor.device for floor in floors}) > 1
    return ", ".join(
        f"± {format_percent(floor.relative)} (equal {floor.equals}{f' on {floor.device}' if several else ''})"
        for floor in floors
    )


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 80
