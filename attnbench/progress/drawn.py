"""One line of progress that is drawn again and again, wherever it stands: at a terminal's foot, below a cell."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Self

from .line import progress_line
from .plain import Plain

if TYPE_CHECKING:
    from types import TracebackType

    from .line import Line


class Drawn(Plain):
    """Draws its line whenever nothing is timed, and leaves none."""

    every_s = 0.0

    def __enter__(self) -> Self:
        self._open()
        with self._lock:
            self._draw(time.monotonic())
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Stop the clock, and clear the line."""
        super().__exit__(kind, error, where)
        self._close()

    def _draw(self, now_s: float) -> None:
        going = self._going
        line = progress_line(
            self._columns(),
            done=going.done,
            total=going.total,
            share=going.share(now_s),
            left=going.left(now_s),
            name=going.name,
        )
        self._put(line)

    @abstractmethod
    def _open(self) -> None:
        """Make room for the line."""

    @abstractmethod
    def _close(self) -> None:
        """Clear it."""

    @abstractmethod
    def _columns(self) -> int:
        """Return how wide it may be."""

    @abstractmethod
    def _put(self, line: Line) -> None:
        """Show it in the place of the last one."""
