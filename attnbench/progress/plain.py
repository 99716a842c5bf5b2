"""How a run goes on, in a log: each table as soon as its block is done, and between them a line every ten seconds."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

import click
from msgspec.structs import replace

from bench.events import Disturbed, Paused, Started, Starved
from reporting import describe
from reporting.kinds import block_tables
from reporting.to_markdown import to_markdown
from results.records import Measured, Sampled
from results.text import message

from .going import Going
from .line import plain_line
from .steps import LINE_EVERY_S
from .ticker import Ticker

if TYPE_CHECKING:
    from types import TracebackType

    from bench.events import Event
    from results.records import Block, Case, Outcome, Run

    from ..output import Output

#: Seconds between two looks at the clock.
LOOK_EVERY_S = 1.0


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
        self._ticker = Ticker(LOOK_EVERY_S, self._tick)

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
