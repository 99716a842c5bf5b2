"""An exact quantity that differs -> its figures in words, with as many digits as show the difference."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from results.text import printable

from . import units
from .describe import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.checks import Difference

OVERFLOW = "overflow threshold"
#: What a side without a figure has: of an overflow, inputs of any size are fine.
NEVER, NONE = "never", "none"
#: The side was not looked at: head is held against a limit alone.
NOT_COMPARED = "-"
#: How the name of a quantity begins -> how its figures are printed. All others are counts, or plain numbers.
FORMATS: tuple[tuple[str, Callable[[float], str]], ...] = (
    ("saved bytes", units.format_bytes),
    ("peak live bytes", units.format_bytes),
    ("bytes ", units.format_bytes),
    ("max relative error", units.format_error),
    ("median relative error", units.format_error),
    ("max error in ulps", units.format_ulps),
    ("median error in ulps", units.format_ulps),
    (OVERFLOW, units.format_value),
    ("time, times", units.format_factor),
)


def side_texts(found: Difference) -> tuple[str, str]:
    """Return base's and head's figure; where rounding makes them equal, with all their digits."""
    texts = (_side(found, found.base, _rounded), _side(found, found.head, _rounded))
    if texts[0] != texts[1]:
        return texts
    return _side(found, found.base, _in_full), _side(found, found.head, _in_full)


def limit_text(found: Difference) -> str:
    """Return the limit that head is beyond; empty if there is none."""
    return "" if found.limit is None else _rounded(found.quantity, found.limit)


def difference_words(found: Difference) -> str:
    """Return a difference in one line: ``saved bytes 1.20 MiB -> 1.50 MiB``, ``parameters 12000, limit 10000``."""
    base, head = side_texts(found)
    quantity = printable(found.quantity)
    if found.limit is None:
        return f"{quantity} {base} -> {head}"
    return f"{quantity} {head}, limit {limit_text(found)}"


def _side(found: Difference, value: float | str | None, form: Callable[[str, float], str]) -> str:
    match value:
        case str():
            return shortened(printable(value))
        case None if found.limit is not None:
            return NOT_COMPARED
        case None:
            return NEVER if found.quantity.startswith(OVERFLOW) else NONE
        case _:
            return form(found.quantity, value)


def _rounded(quantity: str, value: float) -> str:
    form = next((form for start, form in FORMATS if quantity.startswith(start)), None)
    return _in_full(quantity, value) if form is None or not isfinite(value) else form(value)


def _in_full(quantity: str, value: float) -> str:
    whole = str(int(value)) if isfinite(value) and value == int(value) else str(value)
    return f"{whole} B" if dict(FORMATS).get(quantity) is units.format_bytes else whole
