"""Which of the storages that a call's operators made are alive, and how many bytes they hold at most."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch


class LiveStorages:
    """Running totals in bytes, and the highest that each of them was.

    A storage is dropped at the moment the last tensor on it goes, whether Python or an autograd graph held it.
    """

    def __init__(self) -> None:
        self._bytes: dict[int, int] = {}
        self._saved: set[int] = set()
        self._live_now = 0
        self._saved_now = 0
        self.peak_bytes = 0
        self.saved_bytes = 0

    def made(self, storage: torch.UntypedStorage) -> None:
        """Note a storage that an operator has just made; one that is known already is not counted twice."""
        # Torch keeps one Python object a storage for as long as the storage lives, so its id cannot be another's.
        key = id(storage)
        if key in self._bytes:
            return
        size = storage.nbytes()
        self._bytes[key] = size
        weakref.finalize(storage, self._gone, key).atexit = False
        self._live_now += size
        self.peak_bytes = max(self.peak_bytes, self._live_now)

    def saved(self, storage: torch.UntypedStorage) -> None:
        """Note that a graph saves this storage; one that no operator made (a parameter, an input) does not count."""
        key = id(storage)
        if key not in self._bytes or key in self._saved:
            return
        self._saved.add(key)
        self._saved_now += self._bytes[key]
        self.saved_bytes = max(self.saved_bytes, self._saved_now)

    def kept_bytes(self, besides: Iterable[torch.UntypedStorage]) -> int:
        """Return the bytes that are alive, and neither saved by a graph nor in these storages."""
        known = self._saved.union(map(id, besides))
        return sum(size for key, size in self._bytes.items() if key not in known)

    def _gone(self, key: int) -> None:
        size = self._bytes.pop(key)
        self._live_now -= size
        if key in self._saved:
            self._saved.remove(key)
            self._saved_now -= size
