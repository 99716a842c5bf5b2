"""Signals that ask for an end, Ctrl-C among them: what must be put away still is, and the first one decides."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Signal -> what it did, in a word for the user: Ctrl-C, a polite kill, a terminal that was closed.
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
#: After the first one, others of the same impatience do not cut off what puts things away. What stands still for
#: longer can be ended by another.
IMPATIENCE_S = 3.0


class SignalledKeyboardInterrupt(KeyboardInterrupt):
    """A signal asked for the end."""

    def __init__(self, number: int) -> None:
        """Keep the number of the signal."""
        super().__init__(WORDS[signal.Signals(number)])
        self.number = number
        self.remedy = ""
        """What the user can do about what was not finished."""

    @property
    def status(self) -> int:
        """The exit status that shells give to a process that the signal ended."""
        return 128 + self.number


@dataclass(slots=True)
class _Ending:
    """What the signals of this process have asked for."""

    first: int | None = None
    at_s: float = 0.0
    held: int = 0
    """Contexts that must not be cut off."""
    pending: bool = False
    raised: bool = False

    def on_signal(self, number: int, _: object) -> None:
        """Take note; raise unless something must not be cut off, or the last one has only just been raised."""
        if self.first is None:
            self.first = number
        elif self.raised and not self.held and time.monotonic() - self.at_s < IMPATIENCE_S:
            return
        if self.held:
            # What has been raised once is known already to those who put things away.
            self.pending = not self.raised
            return
        self.end()

    def end(self) -> None:
        """Raise what was asked for."""
        self.pending, self.raised, self.at_s = False, True, time.monotonic()
        raise SignalledKeyboardInterrupt(self.first or signal.SIGINT)


_endings: list[_Ending] = []


@contextlib.contextmanager
def termination_as_interrupt(*, last: bool = False) -> Iterator[None]:
    """Raise SignalledKeyboardInterrupt on SIGINT, SIGTERM and SIGHUP, once for several that follow one another.

    Only the main thread can arrange it; elsewhere nothing changes, and nothing does inside another such context. A
    signal that is ignored, as nohup has it, stays so.

    Args:
        last: when this ends, so does the process: once a signal has asked for it, others change nothing.

    """
    if threading.current_thread() is not threading.main_thread() or _endings:
        yield
        return
    ending = _Ending()
    before = {which: signal.getsignal(which) for which in WORDS}
    arranged = [which for which, handler in before.items() if handler is not signal.SIG_IGN]
    _endings.append(ending)
    try:
        for which in arranged:
            signal.signal(which, ending.on_signal)
        yield
    finally:
        for which in arranged:
            handler = signal.SIG_IGN if last and ending.first is not None else before[which]
            # None: it was set by something other than Python, which cannot be put back.
            signal.signal(which, signal.SIG_DFL if handler is None else handler)
        _endings.remove(ending)


def asked_to_end() -> SignalledKeyboardInterrupt | None:
    """Return what a signal has raised, or will raise; code of others may have made another exception of it."""
    first = next((ending.first for ending in _endings), None)
    return None if first is None else SignalledKeyboardInterrupt(first)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no such signal cut off what puts things away; one that comes meanwhile is raised afterwards.

    Only the main thread can arrange it.
    """
    with termination_as_interrupt():
        ending = _endings[0] if _endings and threading.current_thread() is threading.main_thread() else _Ending()
        ending.held += 1
        try:
            yield
        finally:
            ending.held -= 1
        if ending.pending and not ending.held:
            ending.end()
