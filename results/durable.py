"""Files that survive a full disk and a killed process: locked, grown by whole pieces, replaced as a whole."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def open_locked(path: Path, flags: int = 0) -> int:
    """Open a file for reading and writing, for one holder, until the descriptor is closed or the process ends.

    Raises:
        BlockingIOError: another process, or another part of this one, holds it.
        OSError: it cannot be opened.

    """
    # Programs started meanwhile do not inherit the descriptor (O_CLOEXEC): the lock must not outlive this process.
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def write_at(descriptor: int, end: int, data: bytes) -> None:
    """Make the file its first ``end`` bytes and ``data``, on the disk; on an error only its first ``end`` bytes.

    Raises:
        OSError: the disk is full or fails.

    """
    try:
        # What an interrupted or failed write left behind goes first.
        if os.fstat(descriptor).st_size != end:
            os.ftruncate(descriptor, end)
        written = 0
        while written < len(data):
            written += os.pwrite(descriptor, data[written:], end + written)
        os.fsync(descriptor)
    except OSError:
        # If this fails too, a torn piece is left, which the next write removes.
        with suppress(OSError):
            os.ftruncate(descriptor, end)
        raise


def replace_file(path: Path, content: str | bytes) -> None:
    """Give a file another content; whoever reads it finds the old or the new one, nothing in between.

    Raises:
        OSError: the disk is full or fails; the old content stays.

    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Put the names of the files on the disk; their contents are there already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
