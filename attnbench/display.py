"""What is shown while a run goes on: how far it is, and each table as soon as its block is done."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol, Self

import click
from msgspec.structs import replace

from bench.events import Disturbed, Paused, Started, Starved
from reporting import describe
from reporting.kinds import block_tables
from reporting.to_markdown import to_markdown
from results.records import Measured, Sampled
from results.text import message

from .progress.going import Going
from .progress.line import plain_line, progress_line
from .progress.ticker import Ticker

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from bench.events import Event
    from results.records import Block, Case, Outcome, Run

    from .output import Output

#: Seconds between two lines of a log, and between two looks of a terminal at the clock.
LINE_EVERY_S = 10.0
DRAWN_EVERY_S = 1.0


class Display(Protocol):
    """Shows events."""

    def show(self, event: Event) -> None:
        """Take note of one event."""


def is_terminal() -> bool:
    """Return whether stderr can be drawn on: a line that is written again and again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def display_for(run: Run, output: Output) -> AbstractContextManager[Display]:
    """Return nothing, a bar at the foot of the terminal, or a line every ten seconds: quiet, a terminal, any else."""
    if not output.progress:
        return Silent()
    return Terminal(run, output) if is_terminal() else Plain(run, output)


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def show(self, event: Event) -> None:
        """Show nothing."""


class Plain:
    """Prints each table as soon as its block of cases is done, and between them how far it is. No bars, no colours."""

    every_s = LINE_EVERY_S

    def __init__(self, run: Run, output: Output) -> None:
        self._run = run
        self._output = output
        self._outcomes: dict[Case, Outcome] = {outcome.case: outcome for outcome in run.outcomes}
        self._block_of = run.index.block_of
        self._going = Going(run)
        self._told_s = time.monotonic()
        # The clock's thread, and the events.
        self._lock = threading.Lock()
        self._ticker = Ticker(DRAWN_EVERY_S, self._tick)

    def __enter__(self) -> Self:
        self._ticker.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Stop the clock."""
        self._ticker.__exit__(kind, error, where)

    def show(self, event: Event) -> None:
        """Tell how far it is; print the block's table once its last outcome is there."""
        with self._lock:
            self._going.note(event, time.monotonic())
            if not isinstance(event, Started | Sampled | Disturbed | Starved | Paused):
                self._outcomes[event.case] = event
                block = self._block_of[event.case]
                if all(case in self._outcomes for case in block.cases):
                    self._print(self.table(block) or self._causes(block))
            if self._going.may_draw(event):
                self._tell()

    def _tick(self) -> None:
        """Tell how far it is where no event does: something is built, counted, searched or trained."""
        with self._lock:
            if not self._going.is_timing:
                self._tell()

    def _tell(self) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= self.every_s:
            self._told_s = now_s
            self._draw(now_s)

    def _draw(self, now_s: float) -> None:
        """Print how far it is."""
        going = self._going
        click.echo(plain_line(going.done, going.total, going.left(now_s), going.name), err=True)

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
    """A bar at the foot of the terminal; finished tables stay above. It is drawn when nothing is timed."""

    every_s = 0.0

    def __init__(self, run: Run, output: Output) -> None:
        super().__init__(run, output)
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True, highlight=False)
        # Not by a thread of its own, which draws while samples are taken.
        self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stderr=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        with self._lock:
            self._draw(time.monotonic())
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Clear the foot of the terminal."""
        super().__exit__(kind, error, where)
        self._live.__exit__(kind, error, where)

    def _draw(self, now_s: float) -> None:
        """Draw the bar anew."""
        from .progress.bar import styled

        going = self._going
        line = progress_line(
            self._console.width - 1,
            done=going.done,
            total=going.total,
            share=going.share(now_s),
            left=going.left(now_s),
            name=going.name,
        )
        self._live.update(styled(line), refresh=True)

    def _print(self, table: str) -> None:
        if self._output.tables_to_stderr or sys.stdout.isatty():
            self._console.print(table, markup=False, soft_wrap=True)
        else:
            self._output.show(table)
