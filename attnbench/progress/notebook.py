"""What a notebook shows while a run goes on: a line that is replaced."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .drawn import Drawn

if TYPE_CHECKING:
    from results.records import Run

    from .line import Line
    from .plain import Follows

#: Columns of the line, which a cell of any width holds.
WIDTH = 100


class Notebook(Drawn):
    """A line below the cell, drawn when nothing is timed; it is empty when the run is over.

    Args:
        run: that goes on.
        display: IPython's, by default.
        going: says how far it is; by default from the events of one machine.

    """

    def __init__(self, run: Run, display: Any = None, *, going: Follows | None = None) -> None:
        super().__init__(run, going=going)
        # IPython is there where there are notebooks.
        self._display = display or import_module("IPython.display").display
        self._line: Any = None

    def _open(self) -> None:
        self._line = self._display({"text/plain": ""}, raw=True, display_id=True)

    def _close(self) -> None:
        self._line.update({"text/plain": ""}, raw=True)

    def _columns(self) -> int:
        return WIDTH

    def _put(self, line: Line) -> None:
        self._line.update({"text/plain": line.text}, raw=True)

    def _say(self, line: str) -> None:
        self._display({"text/plain": line}, raw=True)
