"""Logit functions against the memory they work on: bytes that must be moved, and how fast they were.

The least that a function of logits can move is each tensor once: forward it reads the logits and writes the result;
backward it reads the result and the gradient of it, and writes the gradient of the logits. What an implementation moves
beyond that is its own affair, and shows as a lower figure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .kinds import Direction
from .stats import Ratio, estimate, ratio

if TYPE_CHECKING:
    from .records import Case, Latency, Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a function was in bytes, and as a share of a copy's speed in the same rounds."""

    least_bytes: int
    bytes_per_s: float
    """``least_bytes`` over the median time."""
    near_overhead: bool
    """More than a tenth of that time is the clock's own."""
    share_of_copy: Ratio | None
    """None without a copy that was sampled in the same rounds."""


def least_bytes(case: Case) -> int:
    """Return the bytes that must be moved in one call; a copy is the same in each direction."""
    return case.input.least_bytes(Direction.FORWARD if case.is_copy else case.direction, case.dtype)


def speed(case: Case, samples: Samples, copy: Latency | None) -> Speed:
    """Return how fast a function was.

    Args:
        case: a logit function.
        samples: its times.
        copy: of the same logits, timed in the same block.

    """
    moved, found = least_bytes(case), estimate(samples)
    # A copy over a function: how many times as long, so how many times as fast the function is; each per byte.
    against = None if copy is None else ratio(copy.samples, samples)
    share = None
    if against is not None:
        per_byte = moved / case.input.least_bytes(Direction.FORWARD, case.dtype)
        share = replace(
            against, value=against.value * per_byte, low=against.low * per_byte, high=against.high * per_byte
        )
    return Speed(
        least_bytes=moved,
        bytes_per_s=moved / found.median_s,
        near_overhead=found.near_overhead,
        share_of_copy=share,
    )
