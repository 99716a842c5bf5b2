"""What the checks ask of the operating system; tests put a made-up one in its place."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class System(Protocol):
    """A machine as its files and a few calls describe it."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment's variables."""

    def read(self, path: str) -> str | None:
        """Return a file's text without blanks around it, or None if it is missing or cannot be read."""

    def cores(self) -> int:
        """Return how many CPU cores this process may use."""

    def pid(self) -> int:
        """Return the number of this process."""

    def sleep(self, seconds: float) -> None:
        """Wait, so that counters move."""


class Machine:
    """The machine that this process runs on."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment's variables."""
        return os.environ

    def read(self, path: str) -> str | None:
        """Return a file's text without blanks around it, or None if it is missing or cannot be read."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def cores(self) -> int:
        """Return how many CPU cores this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def pid(self) -> int:
        """Return the number of this process."""
        return os.getpid()

    def sleep(self, seconds: float) -> None:
        """Wait, so that counters move."""
        time.sleep(seconds)


def whole_number(text: str | None) -> int | None:
    """Return the number that a file holds, or None if it holds something else or there is none."""
    try:
        return int(text or "")
    except ValueError:
        return None


def in_cores(count: float) -> str:
    """Return a number of CPU cores in words: ``1 core``, ``1.5 cores``."""
    return f"{count:g} core{'' if count == 1 else 's'}"


def in_gib(count: float) -> str:
    """Return bytes in GiB: ``7.5 GiB``."""
    return f"{count / 2**30:.1f} GiB"
