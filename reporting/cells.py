"""What stands in a table: quantities with unit, interval and marks; texts; and what is missing, with its reason.

Tables hold values. Which digits are printed, and how, is the renderer's choice (``units.cell_text``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is, and so how it is printed."""

    SECONDS = "s"
    """Of one call."""
    SECONDS_MORE = "s more"
    """A difference, with its sign."""
    RATIO = "times"
    BYTES = "B"
    BYTES_MORE = "B more"
    """A difference, with its sign."""
    BYTES_PER_S = "B/s"
    FLOPS_PER_S = "FLOP/s"
    PER_S = "1/s"
    SHARE = "share"
    """Of a whole, printed in percent."""
    JOULES = "J"
    COUNT = "count"
    """Small, and printed whole."""
    COUNT_MORE = "count more"
    """A difference, with its sign."""
    OPERATIONS = "operations"
    """Parameters or operations, in millions."""
    OPERATIONS_MORE = "operations more"
    """A difference, with its sign."""
    INPUT = "input"
    """A number that a function works on, without a unit."""
    INPUT_MORE = "input more"
    """A difference, with its sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A value in SI base units, with both ends of its 95% interval where it has one."""

    value: float
    kind: Kind
    low: float | None = None
    high: float | None = None
    ends: bool = True
    """Print both ends of the interval; of a duration or a ratio otherwise half of its width, as a share of it."""
    marks: tuple[str, ...] = ()
    """Each is explained in a note."""
    words: str = ""
    """What stands behind it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no value: why, in as many words as fit in a cell. No words: nothing belongs here."""

    reason: str = ""
    because: str = ""
    """Cause and remedy, in a footnote: equal ones share it."""


Cell = Quantity | Missing | str

#: Stands for a missing value that needs no words, or has them in a note.
EMPTY = Missing("-")
BLANK = Missing()


def count(value: int) -> Quantity:
    """Return a small number."""
    return Quantity(value=value, kind=Kind.COUNT)
