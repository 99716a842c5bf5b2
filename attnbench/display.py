"""Who shows how a run goes on: nobody, a terminal, a notebook, or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from .output import in_notebook
from .progress.steps import is_terminal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bench.events import Event
    from results.records import Run

    from .output import Output
    from .progress.plain import Follows


class Display(Protocol):
    """Shows events."""

    def show(self, event: Event) -> None:
        """Take note of one event."""


def display_for(run: Run, output: Output, going: Follows | None = None) -> AbstractContextManager[Display]:
    """Return nothing, a bar at the foot of the terminal or of a notebook's cell, or a line every ten seconds.

    Args:
        run: the plan, and outcomes of earlier sessions.
        output: what is printed.
        going: says how far it is; by default from the events of one machine.

    """
    if not output.progress:
        return Silent()
    if is_terminal():
        from .progress.terminal import Terminal

        return Terminal(run, going=going)
    # Its stderr is no terminal, but what is displayed in a cell can be replaced.
    if output.tables_to_stderr and in_notebook():
        from .progress.notebook import Notebook

        return Notebook(run, going=going)
    from .progress.plain import Plain

    return Plain(run, going=going)


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def show(self, event: Event) -> None:
        """Show nothing."""
