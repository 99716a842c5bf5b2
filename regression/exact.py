"""Two results of one case -> the exact quantities in which they differ.

Any worsening is worse, however small: nothing here has noise. What only one side has a figure of is not compared,
because the measurement has changed and not the implementation: a counting rule, a pattern of inputs, a scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import Difference, Verdict
from results.records import Complexity, Errors, Frontiers, Memory

from .exact_numerics import error_differences, frontier_differences
from .quantities import compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from results.records import Result

#: What is counted of one call. Not the CUDA allocator's figures: the size of a block that it hands out, and what a
#: library keeps for good, depend on what the process has held before. Live bytes count the same tensors.
MEMORY = {
    "saved bytes": "saved_bytes",
    "peak live bytes": "peak_live_bytes",
    "bytes read": "read_bytes",
    "bytes written": "written_bytes",
    "operators launched": "operators",
}


def differences(base: Result, head: Result) -> tuple[Difference, ...]:
    """Return what differs, in the order in which tables show it; nothing if all is equal.

    Raises:
        TypeError: the results are of two kinds, or times, which are not exact.

    """
    match base, head:
        case Complexity(), Complexity():
            return tuple(_sizes(base, head))
        case Memory(), Memory():
            return tuple(
                found
                for name, field in MEMORY.items()
                for found in compared(name, getattr(base, field), getattr(head, field))
            )
        case Frontiers(), Frontiers():
            return tuple(frontier_differences(base, head))
        case Errors(), Errors():
            return tuple(error_differences(base, head))
        case _:
            msg = f"{type(base).__name__} and {type(head).__name__} have no exact quantities in common"
            raise TypeError(msg)


def verdict_of(found: Iterable[Difference]) -> Verdict:
    """Return worse if anything is, better if all differences are for the better, and same if there are none."""
    worse = [each.worse for each in found]
    if not worse:
        return Verdict.SAME
    return Verdict.WORSE if any(worse) else Verdict.BETTER


def _sizes(base: Complexity, head: Complexity) -> Iterator[Difference]:
    yield from compared("parameters", base.parameters, head.parameters)
    after = {(count.rule, count.unit): count.total for count in head.counts}
    for count in base.counts:
        # A rule that counts in another unit now is another rule.
        if (count.rule, count.unit) in after:
            name = f"{count.unit}s ({count.rule})"
            yield from compared(name, count.total, after[count.rule, count.unit])
