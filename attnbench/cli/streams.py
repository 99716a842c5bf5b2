"""Standard streams that are closed or full: what a command prints there must not be lost in silence."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import traceback
from typing import NoReturn

import click

NAME = "standard output"
_STREAMS = (0, 1, 2)


class _Closed(io.TextIOBase):
    """Stands for an output that was closed before this process began."""

    def write(self, text: str) -> NoReturn:
        """Refuse.

        Raises:
            OSError: always.

        """
        del text
        raise OSError(errno.EBADF, "it is closed", NAME)


def hold_places() -> None:
    """Put the null device where a standard stream is closed: the next file that is opened would take its number."""
    for descriptor in _STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free is this one.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = _Closed()


def words_of(error: OSError) -> str | None:
    """Return what could not be read or written, why, and what to do; None: it is no matter of a file.

    The output takes nothing more if it was that.
    """
    if error.filename == NAME or _was_output(error):
        _give_up_output()
        return f"cannot write to {NAME}: {error.strerror}; give it another place"
    if error.filename is None:
        return (
            f"cannot write: {error.strerror}; make room, or name another folder in TMPDIR" if _no_room(error) else None
        )
    return f"{error.filename}: {error.strerror}; give another path"


def _no_room(error: OSError) -> bool:
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}


def _was_output(error: OSError) -> bool:
    """Return whether click was writing to the output: the error itself says nothing of a file."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return error.filename is None and any(
        frame.f_code is click.echo.__code__ and frame.f_locals.get("file") is sys.stdout for frame in frames
    )


def _give_up_output() -> None:
    """Let the rest go nowhere: it would fail again when the process ends, with a traceback."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)
