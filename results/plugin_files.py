"""The files of plug-ins that a run has executed: whoever goes on with it executes these, or says so."""

from __future__ import annotations

from .ranges import Line, Sha256  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record


class PluginFile(Record, frozen=True, kw_only=True):
    """A source file that the import of a plug-in has executed."""

    plugin: Line
    """As the plan names it."""
    path: Line
    sha256: Sha256
    """Of the bytes that were executed."""
