"""What a count of so many in so many trials says of the rate (Clopper and Pearson, 1934)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIDENCE = 0.95
RATE_STEP = 1e-6


def bounds(count: int, of: int) -> tuple[float, float]:
    """Return between which rates the true one lies."""
    tail = (1 - CONFIDENCE) / 2
    low = _rate(lambda rate: _at_most(of - count, of, 1 - rate) < tail) if count else 0.0
    high = _rate(lambda rate: _at_most(count, of, rate) >= tail) if count < of else 1.0
    return low, high


def _at_most(count: int, of: int, rate: float) -> float:
    """Return the chance of so many or fewer."""
    return math.fsum(math.comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(count + 1))


def _rate(below: Callable[[float], bool]) -> float:
    """Return the rate at which what holds below it ends."""
    low, high = 0.0, 1.0
    while high - low > RATE_STEP:
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return low
