"""What the terminal shows while a run goes on: progress, and the current table as it grows."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol, Self

import click
from msgspec.structs import replace

from bench.events import Disturbed, Started, Starved
from reporting import describe
from reporting.kinds import block_tables
from reporting.to_markdown import to_markdown
from results.records import Failed, Measured, Sampled
from results.text import message, printable

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from rich.progress import Progress, TaskID

    from bench.events import Event
    from results.records import Block, Case, Outcome, Run

    from .output import Output


class Display(Protocol):
    """Shows events."""

    def show(self, event: Event) -> None:
        """Take note of one event."""


def display_for(run: Run, output: Output) -> AbstractContextManager[Display]:
    """Return nothing, bars and a growing table, or finished tables alone: quiet, a terminal, anything else."""
    if not output.progress:
        return Silent()
    click.echo(message(describe.environment_words(run.environment)), err=True)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return Terminal(run, output)
    return Plain(run, output)


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def show(self, event: Event) -> None:
        """Show nothing."""


class Plain:
    """Prints each table as soon as its block of cases is done. No bars, no colours."""

    def __init__(self, run: Run, output: Output) -> None:
        self._run = run
        self._output = output
        self._outcomes: dict[Case, Outcome] = {outcome.case: outcome for outcome in run.outcomes}
        self._block_of = run.index.block_of

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def show(self, event: Event) -> None:
        """Print the block's table once its last outcome is there."""
        if isinstance(event, Started | Sampled | Disturbed | Starved):
            return
        self._outcomes[event.case] = event
        block = self._block_of[event.case]
        if all(case in self._outcomes for case in block.cases):
            self._print(self.table(block) or self._causes(block))

    def _print(self, table: str) -> None:
        self._output.show(table)

    def _causes(self, block: Block) -> str:
        """Return what happened to the cases of a block of which none was measured."""
        outcomes = [self._outcomes[case] for case in block.cases]
        lines = [
            f"{describe.full_name(outcome.case)}: {describe.outcome_words(outcome)}"
            for outcome in outcomes
            if not isinstance(outcome, Measured)
        ]
        return "\n".join(map(message, lines))

    def table(self, block: Block) -> str:
        """Return the Markdown table of a block, with the rows there are so far."""
        outcomes = tuple(self._outcomes[case] for case in block.cases if case in self._outcomes)
        part = replace(self._run, plan=replace(self._run.plan, blocks=(block,)), outcomes=outcomes)
        return "\n".join(map(to_markdown, block_tables(part)))


class Terminal(Plain):
    """Progress and the growing table at the foot of the terminal; finished tables stay above."""

    def __init__(self, run: Run, output: Output) -> None:
        super().__init__(run, output)
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = Console(stderr=True, highlight=False)
        self._failed = 0
        self._current = ""
        self._progress: Progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("cases"),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=self._console,
        )
        self._task: TaskID = self._progress.add_task("", total=len(run.plan.cases), completed=len(run.outcomes))
        self._live = Live(console=self._console, refresh_per_second=4, transient=True, redirect_stderr=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Clear the foot of the terminal."""
        self._live.__exit__(kind, error, where)

    def show(self, event: Event) -> None:
        """Move the bar on, and redraw the table of the block at hand."""
        from rich.console import Group
        from rich.text import Text

        if isinstance(event, Sampled | Disturbed | Starved):
            return
        if isinstance(event, Started):
            self._current = printable(describe.full_name(event.case))
        else:
            self._failed += isinstance(event, Failed)
            self._progress.advance(self._task)
        failed = f"{self._failed} failed · " if self._failed else ""
        self._progress.update(self._task, description=f"{failed}{self._current}")
        super().show(event)
        block = self._block_of[event.case]
        growing = "" if all(case in self._outcomes for case in block.cases) else self.table(block)
        self._live.update(Group(Text(growing), self._progress))

    def _print(self, table: str) -> None:
        if self._output.tables_to_stderr or sys.stdout.isatty():
            self._console.print(table, markup=False, soft_wrap=True)
        else:
            self._output.show(table)
