"""Measures in this process: nothing to start, nothing that survives a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..measure import Instruments, Settings, measure_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from results.records import Block, Case, Sampled

    from ..events import Event


class LocalExecutor:
    """Runs every block in the calling process."""

    def __init__(self, instruments: Instruments, settings: Settings) -> None:
        self._instruments = instruments
        self._settings = settings

    def run(self, block: Block, earlier: Mapping[Case, tuple[Sampled, ...]]) -> Iterator[Event]:
        """Measure one block; yields events as they happen."""
        yield from measure_block(block, self._instruments, self._settings, earlier=earlier)
