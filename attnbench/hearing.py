"""What disturbs the machine while cases are timed is said at once, and kept with the run."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from bench.errors import NoiseWarning

if TYPE_CHECKING:
    from bench.events import Starved

    from .in_memory import Record


class Hearing:
    """Says once in a session that threads lack cores: each block would say so.

    Args:
        record: keeps the line.

    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._is_said = False

    def hear(self, event: Starved) -> None:
        """Keep the first one, and warn of it."""
        if not self._is_said:
            self._is_said = True
            self._record.add_disturbance(event.line)
            warnings.warn(event.line, NoiseWarning, stacklevel=3)
