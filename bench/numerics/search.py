"""The smallest magnitude at which something fails, exact to the neighbouring number of the dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.numerics import Fault

    from .grid import Grid

#: Points of the coarse scan that are judged in one call: many tensors in one, but not much beyond the first failure.
SCANNED_AT_ONCE = 48


@dataclass(frozen=True, slots=True)
class Onset:
    """The first magnitude at which it fails, and how."""

    magnitude: float
    fault: Fault


class Judge(Protocol):
    """Says what is wrong with the results for some inputs."""

    def __call__(self, pairs: Sequence[tuple[int, float]]) -> list[Fault | None]:
        """Judge pairs of the number of a pattern and a magnitude."""


def first_failures(judge: Judge, limits: Sequence[float], grid: Grid) -> list[Onset | None]:
    """Return for each pattern where it first fails, or None if it never does.

    Powers of two are scanned, then the interval before the first failing one is halved until its ends are neighbours on
    the grid. A failure that comes and goes between two of them is not seen, and of several in one interval any is
    found.

    Args:
        judge: what says whether it fails.
        limits: the largest magnitude of each pattern.
        grid: of the dtype.

    """
    brackets = _scan(judge, limits, grid)
    open_ = {pattern for pattern, found in brackets.items() if found.wide}
    while open_:
        pairs = [(pattern, grid.value(brackets[pattern].middle)) for pattern in sorted(open_)]
        for (pattern, _), fault in zip(pairs, judge(pairs), strict=True):
            brackets[pattern] = brackets[pattern].halved(fault)
            if not brackets[pattern].wide:
                open_.remove(pattern)
    return [
        Onset(grid.value(found.fails), found.fault) if (found := brackets.get(pattern)) else None
        for pattern in range(len(limits))
    ]


@dataclass(frozen=True, slots=True)
class _Bracket:
    """Numbers of two grid values: at the first it works, at the second it fails."""

    works: int
    fails: int
    fault: Fault

    @property
    def wide(self) -> bool:
        return self.fails - self.works > 1

    @property
    def middle(self) -> int:
        return (self.works + self.fails) // 2

    def halved(self, fault: Fault | None) -> _Bracket:
        if fault is None:
            return _Bracket(self.middle, self.fails, self.fault)
        return _Bracket(self.works, self.middle, fault)


def _scan(judge: Judge, limits: Sequence[float], grid: Grid) -> dict[int, _Bracket]:
    points = [grid.scan(limit) for limit in limits]
    found: dict[int, _Bracket] = {}
    for start in range(0, max(map(len, points), default=0), SCANNED_AT_ONCE):
        pairs = [
            (pattern, index)
            for pattern in range(len(limits))
            if pattern not in found
            for index in range(start, min(start + SCANNED_AT_ONCE, len(points[pattern])))
        ]
        faults = judge([(pattern, points[pattern][index]) for pattern, index in pairs]) if pairs else []
        for (pattern, index), fault in zip(pairs, faults, strict=True):
            if fault is not None and pattern not in found:
                # Before the very first point there is none: the bracket is closed.
                works = grid.index(points[pattern][index - 1]) if index else -1
                found[pattern] = _Bracket(works, grid.index(points[pattern][index]), fault)
    return found
