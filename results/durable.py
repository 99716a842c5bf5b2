"""Files that survive a full disk and a killed process: locked, grown by whole pieces, replaced as a whole.

No link is followed and nothing but a regular file is opened: what a name in a folder leads to may lie outside it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Not inherited by programs started meanwhile: a lock must not outlive this process. No link is followed. Nor is there
#: any waiting for the other end of a pipe that was put there after it was looked for.
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{16}\.unfinished")


def read_regular(path: Path) -> bytes:
    """Return what a regular file holds.

    Raises:
        OSError: it cannot be read, or is a link, a pipe, a device.

    """
    with os.fdopen(_open_regular(path, os.O_RDONLY), "rb") as file:
        return file.read()


def open_locked(path: Path, flags: int = 0) -> int:
    """Open a file for reading and writing, for one holder, until the descriptor is closed or the process ends.

    Raises:
        BlockingIOError: another process, or another part of this one, holds it.
        OSError: it cannot be opened, or is no regular file with this one name.

    """
    descriptor = _open_regular(path, os.O_RDWR | flags)
    try:
        _refuse_other_names(descriptor, path)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def append(path: Path, data: bytes) -> None:
    """Add to a file, which is made if there is none, without waiting for the disk.

    Raises:
        OSError: the disk is full or fails, or it is no regular file with this one name.

    """
    with os.fdopen(_open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as file:
        _refuse_other_names(file.fileno(), path)
        file.write(data)


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

    A link of that name is replaced, and what it leads to stays as it is.

    Raises:
        OSError: the disk is full or fails; the old content stays.

    """
    # A name that nobody can have put a link at.
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder, if there is none.

    Raises:
        OSError: it cannot be made, or is a link or a file.

    """
    path.mkdir(exist_ok=True)
    if path.is_symlink():
        raise OSError(errno.EINVAL, "it is a link", str(path))


def remove_unfinished(*folders: Path) -> None:
    """Remove what processes that were killed in ``replace_file`` left in folders; for who alone writes in them."""
    for folder in folders:
        if folder.is_symlink() or not folder.is_dir():
            continue
        for path in folder.iterdir():
            if _UNFINISHED.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()


def _open_regular(path: Path, flags: int) -> int:
    # Looked at before: opening a device, or the end of a pipe, has effects of its own.
    with suppress(FileNotFoundError):
        _refuse_special(os.lstat(path).st_mode, path)
    descriptor = os.open(path, flags | _FLAGS, 0o666)
    try:
        _refuse_special(os.fstat(descriptor).st_mode, path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_special(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a link" if stat.S_ISLNK(mode) else "it is no regular file", str(path))


def _refuse_other_names(descriptor: int, path: Path) -> None:
    if os.fstat(descriptor).st_nlink > 1:
        raise OSError(errno.EMLINK, "it has another name, by a hard link", str(path))


def _sync_folder(folder: Path) -> None:
    """Put the names of the files on the disk; their contents are there already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
