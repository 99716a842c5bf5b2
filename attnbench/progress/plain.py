"""How a run goes on, in a log: a line every ten seconds, and each cause of failures as soon as it is met."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol, Self

import click

from reporting import describe
from reporting.failures import cause
from results.records import Failed
from results.text import message

from .going import Going
from .line import plain_line
from .steps import LINE_EVERY_S
from .ticker import Ticker

if TYPE_CHECKING:
    from types import TracebackType

    from bench.events import Event
    from results.records import Run

    from .forecast import Expected

#: Seconds between two looks at the clock.
LOOK_EVERY_S = 1.0


class Follows(Protocol):
    """Says how far it is, from the events."""

    name: str
    is_timing: bool

    @property
    def done(self) -> int:
        """Cases that have an outcome."""

    @property
    def total(self) -> int:
        """All cases."""

    def note(self, event: Event, now_s: float) -> None:
        """Take note of one event."""

    def may_draw(self, event: Event) -> bool:
        """Return whether nothing is timed at the time of this event, which has been noted."""

    def left(self, now_s: float) -> Expected | None:
        """Return the time that is left."""

    def share(self, now_s: float) -> float:
        """Return the share of the time that is over."""


class Plain:
    """Prints how far it is, to stderr. No bars, no colours."""

    every_s = LINE_EVERY_S

    def __init__(self, run: Run, *, going: Follows | None = None) -> None:
        self._going = going or Going(run)
        self._causes: set[str] = set()
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
        """Tell how far it is, and what failed for a cause that was not met before: the tables have all of them."""
        with self._lock:
            self._going.note(event, time.monotonic())
            if isinstance(event, Failed) and (why := cause(event)) not in self._causes:
                self._causes.add(why)
                self._say(message(f"{describe.full_name(event.case)}: {describe.outcome_words(event)}"))
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
        self._say(plain_line(going.done, going.total, going.left(now_s), going.name))

    def _say(self, line: str) -> None:
        click.echo(line, err=True)
