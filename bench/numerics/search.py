"""The first number of a grid at which something fails, exact to its neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from results.numerics import Fault


@dataclass(frozen=True, slots=True)
class Onset:
    """The first number of a grid at which it fails, and how."""

    index: int
    fault: Fault


class Judge(Protocol):
    """Says what is wrong with the results for some inputs."""

    def __call__(self, indices: Tensor) -> Sequence[Fault | None]:
        """Judge the inputs of these numbers of a grid."""


def first_failure(judge: Judge, points: Tensor, at_once: int, ways: int) -> Onset | None:
    """Return where it first fails, or None if it does at none of the points.

    The points are looked at in their order. What lies before the first failing one, down to the point before it, is cut
    into parts, then the first part that ends with a failure, until there is nothing between. Of the numbers between two
    points that do not fail, none is looked at.

    Args:
        judge: what says whether it fails.
        points: numbers of a grid, ascending.
        at_once: how many of them are judged in one call.
        ways: into how many parts an interval is cut, at least 2.

    """
    works = -1
    for some in points.split(at_once):
        onset, works = _first(judge, some, works)
        if onset is not None:
            return _narrowed(judge, onset, works, ways)
    return None


def _narrowed(judge: Judge, onset: Onset, works: int, ways: int) -> Onset:
    # Before the very first point there is none.
    while works >= 0 and onset.index - works > 1:
        step = -((works - onset.index) // ways)
        nearer, works = _first(judge, torch.arange(works + step, onset.index, step), works)
        onset = nearer or onset
    return onset


def _first(judge: Judge, points: Tensor, works: int) -> tuple[Onset | None, int]:
    """Return the first of the points that fails, and the last number before it that works."""
    for index, fault in zip(points.tolist(), judge(points), strict=True):
        if fault is not None:
            return Onset(index, fault), works
        works = index
    return None, works
