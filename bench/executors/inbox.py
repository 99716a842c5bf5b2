"""Messages of a process that may write anything, or nothing more, to its end of the connection."""

from __future__ import annotations

import pickle
import select
import struct
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

#: As multiprocessing.connection frames a message: its length, or -1 and its length in more digits.
_LENGTH = struct.Struct("!i")
_LONG_LENGTH = struct.Struct("!Q")
#: No message is longer, in bytes: samples of a batch, or the outcome of a case.
LONGEST = 2**28
_CHUNK = 2**16


class NoMessageError(EOFError):
    """What arrived is no message: nothing that comes after it can be one."""


class Inbox:
    """Takes messages out of a socket without ever waiting for the rest of one longer than it was told to.

    Args:
        source: the parent's end of the connection; it stays the caller's.

    """

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._arrived = bytearray()

    def receive(self, timeout_s: float) -> object | None:
        """Return the next message, or None if it did not come as a whole in time.

        Raises:
            NoMessageError: what came is no message.
            EOFError: nothing more can come.

        """
        deadline = time.monotonic() + timeout_s
        while True:
            body = self._taken()
            if body is not None:
                return _unpickled(body)
            left = deadline - time.monotonic()
            # Looked at once in any case: what lies there already is not too late.
            if not select.select([self._source], [], [], max(0.0, left))[0]:
                return None
            try:
                piece = self._source.recv(_CHUNK)
            except OSError as error:
                # A process that is killed in the middle of a message resets the connection.
                raise EOFError from error
            if not piece:
                raise EOFError
            self._arrived += piece
            if left <= 0 and self._is_partial():
                return None

    def _is_partial(self) -> bool:
        return self._frame() is None

    def _frame(self) -> tuple[int, int] | None:
        """Return where the first message begins and ends, if all of it is there."""
        if len(self._arrived) < _LENGTH.size:
            return None
        (length,), begin = _LENGTH.unpack_from(self._arrived), _LENGTH.size
        if length == -1:
            begin += _LONG_LENGTH.size
            if len(self._arrived) < begin:
                return None
            (length,) = _LONG_LENGTH.unpack_from(self._arrived, _LENGTH.size)
        if not 0 <= length <= LONGEST:
            msg = f"a message of {length} bytes"
            raise NoMessageError(msg)
        return None if len(self._arrived) < begin + length else (begin, begin + length)

    def _taken(self) -> bytes | None:
        frame = self._frame()
        if frame is None:
            return None
        begin, end = frame
        body = bytes(self._arrived[begin:end])
        del self._arrived[:end]
        return body


def _unpickled(body: bytes) -> object:
    try:
        return pickle.loads(body)  # noqa: S301 - of a process of this user's, which may do all that this one may
    except Exception as error:
        msg = "what arrived is no pickle"
        raise NoMessageError(msg) from error
