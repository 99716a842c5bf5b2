"""A folder that one process writes: a locked file in it says so, as long as the process lives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .durable import open_locked
from .folder import StoreError, reason

if TYPE_CHECKING:
    from pathlib import Path


def begin_locked(folder: Path, name: str) -> int:
    """Make a folder, and in it a locked file of this name; return the file's descriptor.

    Raises:
        StoreError: the folder exists or cannot be written.

    """
    try:
        folder.mkdir(parents=True)
        return open_locked(folder / name, os.O_CREAT | os.O_EXCL)
    except FileExistsError as error:
        msg = f"{folder} exists; choose another folder, or resume the run in it"
        raise StoreError(msg) from error
    except OSError as error:
        msg = f"cannot write to {folder}: {reason(error)}; choose another folder"
        raise StoreError(msg) from error


def lock_again(folder: Path, name: str, flags: int = 0) -> int:
    """Lock a folder that was begun; return the descriptor of its file of this name.

    Args:
        folder: that exists.
        name: of the file; without ``os.O_CREAT`` among the flags it is there, or the folder is no run.
        flags: for ``open``.

    Raises:
        StoreError: another process writes the folder, it is no run, or it cannot be written.

    """
    try:
        return open_locked(folder / name, flags)
    except BlockingIOError:
        msg = f"{folder} is being written by another process; wait for it to end, or choose another folder"
        raise StoreError(msg) from None
    except FileNotFoundError:
        msg = f"{folder}: not a run, it has no {name}; give the folder of a run"
        raise StoreError(msg) from None
    except OSError as error:
        msg = f"cannot write to {folder / name}: {reason(error)}; copy the run to a place that can be written"
        raise StoreError(msg) from error
