"""How a run goes on, on a terminal: a line at its foot that is drawn when nothing is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bar import styled
from .drawn import Drawn

if TYPE_CHECKING:
    from results.records import Run

    from .line import Line
    from .plain import Follows


class Terminal(Drawn):
    """A bar at the foot of the terminal; what failed stays above."""

    def __init__(self, run: Run, *, going: Follows | None = None) -> None:
        super().__init__(run, going=going)
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True, highlight=False)
        # Not by a thread of its own, which draws while samples are taken.
        self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stderr=False)

    def _open(self) -> None:
        self._live.__enter__()

    def _close(self) -> None:
        self._live.__exit__(None, None, None)

    def _columns(self) -> int:
        return self._console.width - 1

    def _put(self, line: Line) -> None:
        self._live.update(styled(line), refresh=True)

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False)
