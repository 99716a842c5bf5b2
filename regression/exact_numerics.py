"""Where functions fail and how far from exact they are, on both sides -> what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import Difference
from results.numerics import FIXED

from .quantities import compared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Errors, Frontier, Frontiers

#: Of each scale. How many exact results lie below the normal numbers says which inputs were drawn, not how good it is.
ERRORS = {
    "results not finite": "not_finite",
    "max relative error": "max_relative",
    "median relative error": "median_relative",
    "max error in ulps": "max_ulps",
    "median error in ulps": "median_ulps",
}


def frontier_differences(base: Frontiers, head: Frontiers) -> Iterator[Difference]:
    """Yield an earlier threshold or a new fault as worse, and a later or vanished one as better, pattern by pattern.

    Earlier is nearer to 0. At the same threshold, another kind of fault is a new fault, and worse: which of the two
    does more harm depends on who uses the result. Which operator is to blame is no quantity.
    """
    after = {frontier.pattern: frontier for frontier in head.patterns}
    for before in base.patterns:
        if before.pattern in after:
            yield from _moved(before, after[before.pattern])


def error_differences(base: Errors, head: Errors) -> Iterator[Difference]:
    """Yield larger errors as worse and smaller ones as better, scale by scale.

    A side without a figure has no finite result left, or none of a normal size: the first is a difference of its own.
    """
    after = {each.scale: each for each in head.scales}
    for before in base.scales:
        if before.scale not in after:
            continue
        for name, field in ERRORS.items():
            figures = getattr(before, field), getattr(after[before.scale], field)
            yield from compared(f"{name} (scale {before.scale:g})", *figures)


def _moved(base: Frontier, head: Frontier) -> Iterator[Difference]:
    if (base.failure, base.threshold) == (head.failure, head.threshold):
        return
    at_threshold = base.pattern not in FIXED
    if at_threshold and base.threshold != head.threshold:
        worse = head.threshold is not None and (base.threshold is None or abs(head.threshold) < abs(base.threshold))
        name = f"overflow threshold ({base.pattern})"
        yield Difference(quantity=name, base=base.threshold, head=head.threshold, worse=worse)
    elif base.failure != head.failure:
        yield Difference(
            quantity=f"fault ({base.pattern})", base=base.failure, head=head.failure, worse=head.failure is not None
        )
