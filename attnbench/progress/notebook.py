"""What a notebook shows while a run goes on: a line that is replaced, and each table as soon as its block is done."""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from .line import progress_line
from .plain import Plain

if TYPE_CHECKING:
    from types import TracebackType

    from results.records import Run

    from ..output import Output

#: Columns of the line, which a cell of any width holds.
WIDTH = 100


class Notebook(Plain):
    """A line below the cell, drawn when nothing is timed; it is empty when the run is over.

    Args:
        run: that goes on.
        output: what is printed.
        display: IPython's, by default.

    """

    every_s = 0.0

    def __init__(self, run: Run, output: Output, display: Any = None) -> None:
        super().__init__(run, output)
        # IPython is there where there are notebooks.
        self._display = display or import_module("IPython.display").display
        self._line: Any = None

    def __enter__(self) -> Self:
        self._line = self._display({"text/plain": ""}, raw=True, display_id=True)
        with self._lock:
            self._draw(time.monotonic())
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Leave an empty line."""
        super().__exit__(kind, error, where)
        self._line.update({"text/plain": ""}, raw=True)

    def _draw(self, now_s: float) -> None:
        going = self._going
        line = progress_line(
            WIDTH,
            done=going.done,
            total=going.total,
            share=going.share(now_s),
            left=going.left(now_s),
            name=going.name,
        )
        self._line.update({"text/plain": line.text}, raw=True)

    def _print(self, table: str) -> None:
        self._display({"text/plain": table, "text/markdown": table}, raw=True)
