"""Measures in this process: nothing to start, nothing that survives a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..measure import measure_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from results.records import Case

    from ..clocks import Clock
    from ..events import Event
    from ..measure import Settings
    from ..prepared import Prepare


class LocalExecutor:
    """Runs every block in the calling process."""

    def __init__(self, prepare: Prepare, clock_for: Callable[[str], Clock], settings: Settings) -> None:
        self._prepare = prepare
        self._clock_for = clock_for
        self._settings = settings

    def run(self, block: Sequence[Case]) -> Iterator[Event]:
        """Measure one block; yields events as they happen."""
        yield from measure_block(block, self._prepare, self._clock_for, self._settings)
