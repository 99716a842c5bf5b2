"""Numbers in the order of time -> a line of blocks, as high as they are large."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVELS = "▁▂▃▄▅▆▇█"
#: In place of a number that is missing.
GAP = "·"
#: The whole height is this share of the largest number, or more: noise must not look like a change.
LEAST_HEIGHT = 0.1


def sparkline(values: Sequence[float | None]) -> str:
    """Return one sign a value; all at the same height if they differ by little."""
    known = [value for value in values if value is not None]
    if not known:
        return GAP * len(values)
    height = max(max(known) - min(known), LEAST_HEIGHT * max(map(abs, known)))
    middle = (max(known) + min(known)) / 2
    return "".join(GAP if value is None else _level(value - middle, height) for value in values)


def _level(above: float, height: float) -> str:
    share = 0.5 + (above / height if height else 0.0)
    return LEVELS[min(int(share * len(LEVELS)), len(LEVELS) - 1)]
