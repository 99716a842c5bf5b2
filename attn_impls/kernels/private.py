"""Folders and files that nobody but this user can have written: what is loaded from others is others' code."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

#: What lets others than the owner write.
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def private_folder(wanted: Path) -> Path:
    """Return a folder that is this user's own and writable by nobody else.

    Args:
        wanted: it is made, for this user alone, where it is not there. Where it cannot be made or written, or is
            somebody else's, or others can write it or replace it, there is a temporary folder in its place, which is
            removed when the process ends.

    """
    # It cannot be made, or not be looked at: no more private than one that others can write.
    with suppress(OSError):
        _make(wanted)
        if is_private(wanted) and os.access(wanted, os.W_OK) and all(map(_keeps_its_names, wanted.absolute().parents)):
            return wanted
    folder = Path(tempfile.mkdtemp(prefix="attnbench-kernels-"))
    # What was loaded from it stays loaded.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def is_private(path: Path) -> bool:
    """Return whether a folder or a file is this user's, and nobody else can write it; a link is not (OSError)."""
    facts = path.lstat()
    known = stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode)
    return known and facts.st_uid == os.getuid() and not facts.st_mode & _OTHERS_WRITE


def _make(folder: Path) -> None:
    """Make a folder, and those above it that are not there, for this user alone, whatever the umask says."""
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def _keeps_its_names(folder: Path) -> bool:
    """Return whether nobody but this user and root can put something else in the place of what is in a folder."""
    facts = folder.stat()
    return facts.st_uid in {0, os.getuid()} and bool(not facts.st_mode & _OTHERS_WRITE or facts.st_mode & stat.S_ISVTX)
