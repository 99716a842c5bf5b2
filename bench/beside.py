"""A generator in a process of its own, whose items are taken while this process does something else."""

from __future__ import annotations

import io
import os
import tempfile
from typing import TYPE_CHECKING, Generic

from .subprocesses import Answer, Subprocess, keep_items, kept_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Beside(Generic[Answer]):
    """A generator that runs in a subprocess until it is closed.

    One that fails yields nothing more, and nobody is told: for work that this process can do itself.

    Args:
        generator: of a module; its items can be pickled.
        arguments: can be pickled.

    """

    def __init__(self, generator: Callable[..., Iterable[Answer]], *arguments: object) -> None:
        self._items = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._taken_bytes = 0
        file = self._items.fileno()
        self._process = Subprocess(keep_items, file, generator, arguments, descriptors=(file,))

    def new(self) -> list[Answer]:
        """Return what it has yielded since this was last asked."""
        file = self._items.fileno()
        # The place in the file is the process's: it is neither read nor moved here.
        kept = io.BytesIO(os.pread(file, os.fstat(file).st_size - self._taken_bytes, self._taken_bytes))
        found: list[Answer] = []
        ends = 0
        items: Iterator[Answer] = kept_items(kept)
        for item in items:
            found.append(item)
            ends = kept.tell()
        self._taken_bytes += ends
        return found

    def close(self) -> None:
        """End it, however far it is."""
        self._process.close()
        self._items.close()
