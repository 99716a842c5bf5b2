"""What is known of a function's numbers: where it fails, and how far from the exact value it is."""

from __future__ import annotations

import math
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from .ranges import Amount, Line, Name, OfDtype, Whole  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fault(StrEnum):
    """How a result is wrong. The first that applies, in this order, is the one that is recorded."""

    RAISES = "raises"
    """There is no result: an exception."""
    NAN = "NaN"
    """There is a NaN in it."""
    INF = "inf"
    """There is an infinite number in it."""
    ZEROS = "all zeros"
    """Every output is 0, where the exact ones are not."""
    SUM = "sum"
    """Weights sum to another number than 1, or to more than 1 where they may sum to less."""
    VANISHED = "no gradient"
    """Every gradient is 0, where the exact ones are not, be it because the dtype has no number for them."""


#: The patterns whose special value does not grow, and that value. JSON has no word for these numbers.
FIXED: Mapping[str, float] = MappingProxyType({"all -inf": -math.inf, "one +inf": math.inf, "one NaN": math.nan})


class Frontier(Record, frozen=True, kw_only=True):
    """Where a function first fails on inputs of one pattern."""

    pattern: Name
    threshold: OfDtype | None = None
    """The value of the growing input nearest to 0, of those that were tried, at which it fails, or the scale of random
    ones: the neighbour towards 0 in the dtype does not fail, and farther ones may not. None: it never fails, or the
    pattern's value is fixed (see FIXED)."""
    failure: Fault | None = None
    """None: it failed nowhere, up to the largest number of the dtype."""
    rounds_to_zero: bool | None = None
    """Of zeros: whether all exact numbers are 0 too when they are rounded to the dtype: it saturates and does not fail.
    None: not known, as of float64, or no zeros."""
    operator: Line | None = None
    """The first operator whose result has gone wrong there; None where no single one shows it."""

    @property
    def value(self) -> float | None:
        """The threshold, or the fixed pattern's value if it fails on that."""
        return self.threshold if self.failure is None else FIXED.get(self.pattern, self.threshold)


class ErrorAtScale(Record, frozen=True, kw_only=True):
    """How far results are from those of the same function in float64, for random inputs of one scale."""

    scale: Amount
    """Standard deviation of the inputs."""
    elements: Whole
    not_finite: Whole
    """Elements that are infinite or NaN where the exact ones are finite; they are in no figure below."""
    below_normal: Whole
    """Elements whose exact value is below the dtype's normal numbers, 0 among them; they are in no figure below."""
    max_relative: Amount | None
    """Distance over the exact value. None where no element is left."""
    median_relative: Amount | None
    max_ulps: Amount | None
    """Distance in units in the last place of the exact value, in the dtype."""
    median_ulps: Amount | None


class Frontiers(Record, frozen=True, kw_only=True, tag="frontiers"):
    """Where a function first fails, one a pattern of inputs."""

    patterns: tuple[Frontier, ...]


class Errors(Record, frozen=True, kw_only=True, tag="errors"):
    """How far from exact a function is, one a scale of inputs."""

    scales: tuple[ErrorAtScale, ...]
