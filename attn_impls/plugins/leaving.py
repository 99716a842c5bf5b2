"""A plug-in that ends the process while it is imported would end the run with it, without a word."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Signals that end no process, whoever gets them.
_HARMLESS = frozenset({0, signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH})
#: Handlers that end a process, or would be taken for the user's wish to end it.
_ENDING = (signal.SIG_DFL, signal.default_int_handler)


@contextmanager
def refused() -> Iterator[None]:
    """Make it a SystemExit if Python code ends this process inside the ``with`` block; a fork may end as it likes.

    ``os._exit``, ``os.abort`` and signals to itself are caught. What crashes in compiled code is not: nothing can.
    """
    leave, abort, kill, raise_signal, here = os._exit, os.abort, os.kill, signal.raise_signal, os.getpid()

    def refuse_leaving(status: int) -> None:
        if os.getpid() != here:
            leave(status)
        raise SystemExit(status)

    def refuse_abort() -> None:
        if os.getpid() != here:
            abort()
        msg = "os.abort() would end this process"
        raise SystemExit(msg)

    def refuse_kill(pid: int, number: int) -> None:
        # 0 and -1 mean this process too.
        if pid in {here, 0, -1} and os.getpid() == here and _ends(number):
            raise _signalled(number, by="os.kill")
        kill(pid, number)

    def refuse_signal(number: int) -> None:
        if os.getpid() == here and _ends(number):
            raise _signalled(number, by="signal.raise_signal")
        raise_signal(number)

    os._exit, os.abort, os.kill = refuse_leaving, refuse_abort, refuse_kill  # type: ignore[assignment]
    signal.raise_signal = refuse_signal
    try:
        yield
    finally:
        os._exit, os.abort, os.kill, signal.raise_signal = leave, abort, kill, raise_signal


def _ends(number: int) -> bool:
    """Return whether a signal would end this process, or stop it."""
    return number not in _HARMLESS and number in signal.valid_signals() and signal.getsignal(number) in _ENDING


def _signalled(number: int, *, by: str) -> SystemExit:
    names = {each.value: each.name for each in signal.Signals}
    return SystemExit(f"{by} sends {names.get(number, f'signal {number}')} to this process, which would end it")
