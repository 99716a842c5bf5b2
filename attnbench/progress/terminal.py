"""How a run goes on, on a terminal: a line at its foot that is drawn when nothing is timed, finished tables above."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from .bar import styled
from .line import progress_line
from .plain import Plain

if TYPE_CHECKING:
    from types import TracebackType

    from results.records import Run

    from ..output import Output


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
