"""A worker process, seen from its parent: start it, talk to it, notice that it died or hangs, and say of what."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Protocol, get_args

from results.records import FailureKind

from ..events import Event
from ..limits import environment_changes
from ..pulse import NO_CASE, SharedPulse
from ..subprocesses import Subprocess
from ..worker import Events, Order, Ready, Setup, main
from .inbox import Inbox, NoMessageError
from .oom_killer import oom_kills

Message = Events | Ready

#: Lines of what the process wrote last that a failure quotes.
LAST_WORDS = 20
#: A worker takes its orders at once: it waits for them. One that was stopped, or closed its end, never does.
SEND_LIMIT_S = 60
#: A process whose connection has ended is gone in milliseconds; a core dump takes longer. Else it goes on without it.
END_LIMIT_S = 5.0


class Worker(Protocol):
    """What the isolated executor needs of a worker; tests bring a scripted one."""

    def order(self, order: Order) -> None:
        """Begin a block."""

    def receive(self, timeout_s: float) -> Message | None:
        """Return the next message, or None if none came in time.

        Raises:
            EOFError: the process is dead, or said what is no message; it must not be asked again.

        """

    def at_work_on(self) -> tuple[int | None, int]:
        """Return the index of the case at hand in its block, and a number that changes with every step."""

    def kill(self) -> None:
        """End it at once."""

    def cause_of_death(self) -> tuple[FailureKind, str]:
        """Return how it ended, in a word and in a sentence; for a worker that is dead."""

    def last_words(self) -> str:
        """Return what it wrote last."""

    def close(self) -> None:
        """End it and whatever it started, and let go of everything."""


class ProcessWorker(Subprocess):
    """A worker in a process of its own."""

    def __init__(self, setup: Setup) -> None:
        """Start it; the first message says that it is ready."""
        ours, theirs = socket.socketpair()
        self._pulse = SharedPulse.create()
        self._oom_kills = oom_kills()
        super().__init__(
            main,
            theirs.fileno(),
            self._pulse.descriptor,
            os.getpid(),
            descriptors=(theirs.fileno(), self._pulse.descriptor),
            # Before it imports anything: CUDA reads its part once.
            variables=environment_changes(setup.devices),
            prints=True,
        )
        theirs.close()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_LIMIT_S, 0))
        self._source = ours
        self._inbox = Inbox(ours)
        self._said_no_message = False
        # It writes to the same socket, and does not close it.
        self._connection: Connection[Setup | Order, Message] = Connection(os.dup(ours.fileno()), readable=False)
        # If it has been killed by now, the first look at what it says will tell.
        with suppress(OSError):
            self._connection.send(setup)

    def order(self, order: Order) -> None:
        """Begin a block."""
        self._pulse.follow(order.block.cases)
        self._connection.send(order)

    def receive(self, timeout_s: float) -> Message | None:
        """Return the next message, or None if none came in time; what says anything else is killed."""
        try:
            return self._received(timeout_s)
        except NoMessageError:
            # At once: it goes on meanwhile, and other cases would be blamed.
            self.kill()
            self._said_no_message = True
            raise

    def _received(self, timeout_s: float) -> Message | None:
        message = self._inbox.receive(timeout_s)
        if message is None:
            # Nothing is left to read of one that is dead; a process that it forked may still hold its end open.
            if self._process.poll() is None:
                return None
            message = self._inbox.receive(0.0)
            if message is None:
                raise EOFError
        if isinstance(message, Ready) or (isinstance(message, Events) and _are_events(message.events)):
            return message
        msg = f"{type(message).__name__} is no message"
        raise NoMessageError(msg)

    def at_work_on(self) -> tuple[int | None, int]:
        """Return the index of the case at hand in its block, and a number that changes with every step."""
        index, beats = self._pulse.read()
        return None if index == NO_CASE else index, beats

    def cause_of_death(self) -> tuple[FailureKind, str]:
        """Return how it ended. The end of its connection need not be its own: what lives on is killed."""
        if self._said_no_message:
            return FailureKind.CRASH, "wrote what is no message to its connection, and was killed"
        try:
            status = self.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return FailureKind.CRASH, "closed its connection and went on, and was killed"
        before, now = self._oom_kills, oom_kills()
        return describe_status(status, out_of_memory=None if before is None or now is None else now > before)

    def last_words(self) -> str:
        """Return the last lines that it wrote."""
        return self.last_lines(LAST_WORDS)

    def close(self) -> None:
        """End it and whatever it started, and let go of everything."""
        self._connection.close()
        self._source.close()
        super().close()
        self._pulse.close()


def _are_events(events: object) -> bool:
    return isinstance(events, tuple) and all(isinstance(event, get_args(Event)) for event in events)


def describe_status(status: int, *, out_of_memory: bool | None) -> tuple[FailureKind, str]:
    """Return what a process's exit status says: a word and a sentence.

    Args:
        status: as subprocess gives it: negative for a signal.
        out_of_memory: whether the kernel has killed a process for want of memory since this one started; None where it
            does not say. That it was this one it never says, but it is told to kill the worker first.

    """
    if status == -signal.SIGKILL:
        if out_of_memory:
            return FailureKind.OUT_OF_MEMORY, "was killed by SIGKILL, as the kernel does when memory runs out"
        by = "by the kernel because memory ran out, or by somebody" if out_of_memory is None else "by somebody"
        return FailureKind.CRASH, f"was killed by SIGKILL: {by}"
    if status < 0:
        return FailureKind.CRASH, f"was killed by {_name_of(-status)}"
    return FailureKind.EXIT, f"ended itself with status {status}"


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        # Real-time signals have a name only at the ends of their range.
        return f"signal {number}"
