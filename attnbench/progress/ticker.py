"""A function that is called again and again while something else goes on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Ticker:
    """Calls a function every so many seconds from a thread of its own, as long as it is entered.

    Args:
        every_s: seconds between two calls.
        call: must be safe to call beside whatever else goes on.

    """

    def __init__(self, every_s: float, call: Callable[[], object]) -> None:
        self._every_s = every_s
        self._call = call
        self._ended = threading.Event()
        # It must not keep a process alive that has ended in another way.
        self._thread = threading.Thread(target=self._run, daemon=True, name="attnbench progress")

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; a call that has begun comes to its end first."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            self._call()
