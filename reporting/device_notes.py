"""What a reader of a latency table must know of the device meanwhile, as its driver told it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .naming import few_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Telemetry

POWER_CAPPED = (
    "At the board's power limit, as large GPUs are under load: {names}. These samples are kept; their clocks are what "
    "the limit leaves."
)
UNWATCHED = (
    "NVML answers slowly. Whether the device was throttled was asked after some samples only: {names}. The others are "
    "kept."
)
SHARED_BOARD = (
    "Measured on a part of a GPU (MIG). Its clocks and its power limit are those of the whole board: what runs on the "
    "other parts can slow it. Power, energy and temperature in the CSV are the whole board's."
)


def device_notes(told: Mapping[str, Telemetry | None]) -> tuple[str, ...]:
    """Return the notes under a table, each only where it applies.

    Args:
        told: by name of the row, in the table's order; None for the CPU.

    """
    known = {name: telemetry for name, telemetry in told.items() if telemetry is not None}
    capped = few_names(
        f"{name} in {seen.power_capped} of {seen.watched} samples" for name, seen in known.items() if seen.power_capped
    )
    unwatched = few_names(
        f"{name} {seen.watched} of {seen.watched + seen.unwatched}" for name, seen in known.items() if seen.unwatched
    )
    return (
        *([UNWATCHED.format(names=unwatched)] if unwatched else []),
        *([POWER_CAPPED.format(names=capped)] if capped else []),
        *([SHARED_BOARD] if any(seen.shared_board for seen in known.values()) else []),
    )
