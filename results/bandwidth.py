"""Functions on logits against the memory they work on: bytes that must be moved, and how fast they were.

The least that a function of logits can move is each tensor once: forward it reads the logits and writes the result;
backward it reads the result and the gradient of it, and writes the gradient of the logits. What an implementation moves
beyond that is its own affair, and shows as a lower figure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from .compare import is_copy
from .records import Case, Direction, Measured, Mode
from .stats import Ratio, estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .records import Samples

OPERATORS = "operators"
ITEM_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
#: Tensors of the logits' size that are read or written.
MOVED = {Direction.FORWARD: 2, Direction.BACKWARD: 3, Direction.FORWARD_BACKWARD: 5}


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
    tensors = MOVED[Direction.FORWARD if is_copy(case) else case.direction]
    return tensors * prod(case.shape) * ITEM_BYTES[case.dtype]


def speed(measured: Measured, copy: Measured | None) -> Speed:
    """Return how fast a function was.

    Args:
        measured: a function on logits that was timed.
        copy: of the same logits, timed in the same block.

    Raises:
        ValueError: one was not timed.

    """
    samples, moved = _samples(measured), least_bytes(measured.case)
    # A copy over a function: how many times as long, so how many times as fast the function is; each per byte.
    against = None if copy is None else ratio(_samples(copy), samples)
    share = None
    if copy is not None and against is not None:
        per_byte = moved / least_bytes(copy.case)
        share = replace(
            against, value=against.value * per_byte, low=against.low * per_byte, high=against.high * per_byte
        )
    found = estimate(samples)
    return Speed(
        least_bytes=moved,
        bytes_per_s=moved / found.median_s,
        near_overhead=found.near_overhead,
        share_of_copy=share,
    )


def copy_of(timed: Iterable[Measured]) -> Measured | None:
    """Return the copy among the timed cases of a comparison group, if there is one."""
    return next((each for each in timed if is_copy(each.case) and each.case.mode is Mode.EAGER), None)


def _samples(measured: Measured) -> Samples:
    if measured.samples is None:
        msg = f"{measured.case.implementation} was not timed"
        raise ValueError(msg)
    return measured.samples
