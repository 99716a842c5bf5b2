"""What the terminal shows while a check goes on: how far it is, and the case at hand. All of it goes to stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Self

import click

from bench.events import Started
from regression.order import Apart, Confirming, Looked, Planned
from reporting import describe
from results.checks import BAD, Judged
from results.records import Failed, Measured, Skipped
from results.text import message

if TYPE_CHECKING:
    from types import TracebackType

    from .check_runs import Shown

#: Columns of the case's name beside bar, count and time.
NAME_WIDTH = 40


class CheckDisplay:
    """Shows what happens in a check: a bar on a terminal; what is worse, in a line each, anywhere."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        seen = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._quiet = quiet
        self._progress = Progress(
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True, highlight=False),
            transient=True,
            disable=not seen,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("loading base and head", total=None)

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Clear the bar."""
        self._progress.__exit__(kind, error, where)

    def show(self, event: Shown) -> None:
        """Take note of one event."""
        match event:
            case Planned():
                self._progress.update(self._task, total=len(event.cases), completed=0)
                left_out = f"; {describe.plural(event.unchanged, 'unchanged case')} left out" if event.unchanged else ""
                self._say(f"{describe.plural(len(event.cases), 'case')} to compare{left_out}")
            case Confirming():
                self._say(f"confirming {describe.plural(len(event.cases), 'case')} in a second, fresh process")
            case Apart(why=why):
                self._say(f"{why}; in processes of their own intervals are wider")
            case Started():
                self._progress.update(self._task, description=_cut(describe.full_name(event.case)))
            case Looked(case=case, decision=decision):
                pace = decision.pace
                so_far = f"{pace.head.ratio:.3f} [{pace.head.low:.3f}, {pace.head.high:.3f}] " if pace else ""
                self._progress.update(self._task, description=so_far + _cut(describe.full_name(case), len(so_far)))
            case Measured() | Skipped() | Failed():
                self._progress.advance(self._task)
            case Judged():
                self._progress.advance(self._task)
                if event.verdict in BAD:
                    self._say(f"{event.verdict}: {describe.full_name(event.case)}")

    def _say(self, line: str) -> None:
        if not self._quiet:
            click.echo(message(line), err=True)


def _cut(name: str, taken: int = 0) -> str:
    """Return the beginning of a name: the bar stays where it is."""
    return message(name, max(NAME_WIDTH - taken, 10))
