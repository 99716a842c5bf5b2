"""A ratio with its interval, drawn in text: every bar of a check has the same width and the same scale."""

from __future__ import annotations

from math import log, log1p
from typing import TYPE_CHECKING

from .units import format_factor

if TYPE_CHECKING:
    from results.checks import Interval

#: Cells from one end to the other; the middle one is a ratio of 1.
WIDTH = 17
CENTRE = WIDTH // 2
#: Cells from the middle to the threshold, as many as from there to the end: twice the threshold is in the picture.
MARK = 4

ONE, THRESHOLD, INTERVAL, RATIO, BELOW, ABOVE = "|", ":", "-", "o", "<", ">"


def bar(found: Interval, threshold: float) -> str:
    """Draw an interval between marks at 1 and at the threshold: ``"    :   |   :-o- "``.

    Args:
        found: a ratio with its interval, all above 0.
        threshold: relative, above 0: 0.03 is marked at 1.03 and at 1 / 1.03.

    """
    cells = [" "] * WIDTH
    for mark, sign in ((-MARK, THRESHOLD), (0, ONE), (MARK, THRESHOLD)):
        cells[CENTRE + mark] = sign
    low, middle, high = (_cell(ratio, threshold) for ratio in (found.low, found.ratio, found.high))
    for cell in range(max(low, 0), min(high, WIDTH - 1) + 1):
        cells[cell] = INTERVAL
    if 0 <= middle < WIDTH:
        cells[middle] = RATIO
    if low < 0:
        cells[0] = BELOW
    if high >= WIDTH:
        cells[-1] = ABOVE
    return "".join(cells)


def scale(threshold: float) -> str:
    """Return what stands above the marks, as wide as a bar: ``"  0.971 1 1.030  "``."""
    cells = [" "] * WIDTH
    for mark, text in ((-MARK, format_factor(1 / (1 + threshold))), (0, "1"), (MARK, format_factor(1 + threshold))):
        start = CENTRE + mark - len(text) // 2
        cells[start : start + len(text)] = text
    return "".join(cells)


def _cell(ratio: float, threshold: float) -> int:
    # Logarithms: twice as slow is as far from 1 as twice as fast.
    return CENTRE + round(log(ratio) / log1p(threshold) * MARK)
