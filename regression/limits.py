"""Limits that a project sets for its implementations, and what of a result is beyond them. They need no base.

Each limit has a pattern of implementation names. Of several that cover a case and set the same quantity, the last one
wins: general patterns come first, exceptions after them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from results.checks import Difference
from results.numerics import FIXED
from results.records import Complexity, Frontiers, Latency, Memory, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Case, Direction, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a case is held to; None: no limit."""

    threshold: float | None = None
    """The relative slowdown that is looked for, in place of the check's own."""
    parameters: float | None = None
    macs: float | None = None
    """By every rule that counts multiply-accumulates, for one image."""
    saved_bytes: float | None = None
    """Activations saved for the backward pass."""
    overflow: float | None = None
    """The magnitude of inputs that it must stand, whatever their pattern."""
    ratio: float | None = None
    """Times the baseline's time: the plain network's, or softmax's of functions on logits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Held):
    """What some cases must keep to, and which."""

    impl: str
    """A pattern of names, as ``--impl`` takes them: ``se``, ``sk/*``, ``*``; with options, of names with options.
    A pattern without a colon covers an implementation with any options."""
    host: str | None = None
    """Only in this network; ``none``: only alone. None: everywhere."""
    dtype: str | None = None
    direction: Direction | None = None

    def covers(self, case: Case) -> bool:
        """Return whether the limit is one for this case."""
        return (
            self.matches(case.implementation)
            and self.host in {None, case.host or "none"}
            and self.dtype in {None, case.dtype}
            and self.direction in {None, case.direction}
        )

    def matches(self, name: str) -> bool:
        """Return whether the pattern is one of this name, which may have options."""
        return fnmatchcase(name if ":" in self.impl else name.partition(":")[0], self.impl)


#: The pattern of inputs in which one is minus infinity, and only the others grow.
MASKED = "one -inf"
#: What a limit can set; the rest says for which cases.
QUANTITIES = tuple(each.name for each in fields(Held))


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of a project, in the order of its file."""

    limits: tuple[Limit, ...] = ()

    def of(self, case: Case) -> Held:
        """Return what holds for a case: of each quantity the last limit that covers the case and sets it."""
        covering = [limit for limit in self.limits if limit.covers(case)]
        held: dict[str, float | None] = {}
        for limit in covering:
            held |= {name: value for name in QUANTITIES if (value := getattr(limit, name)) is not None}
        return Held(**held)


def beyond(limits: Limits, case: Case, result: Result, baseline: Latency | None = None) -> tuple[Difference, ...]:
    """Return which limits a result is beyond, each as a difference without a base.

    Args:
        limits: of the project.
        case: what was measured.
        result: what came of it.
        baseline: the times that those of the case are divided by; without them a ratio has no figure, and no verdict.

    """
    held = limits.of(case)
    match result:
        case Complexity():
            return tuple(_sizes(held, result))
        case Memory():
            return tuple(_above("saved bytes", result.saved_bytes, held.saved_bytes))
        case Frontiers():
            return tuple(_overflows(held, result))
        case Latency() if baseline is not None:
            return tuple(_slow(held, result, baseline))
        case _:
            return ()


def _above(quantity: str, found: float, limit: float | None) -> Iterator[Difference]:
    if limit is not None and found > limit:
        yield Difference(quantity=quantity, head=found, worse=True, limit=limit)


def _sizes(held: Held, found: Complexity) -> Iterator[Difference]:
    yield from _above("parameters", found.parameters, held.parameters)
    for count in found.counts:
        if count.unit is Unit.MAC:
            yield from _above(f"{count.unit}s ({count.rule})", count.total, held.macs)


def _overflows(held: Held, found: Frontiers) -> Iterator[Difference]:
    for frontier in found.patterns:
        threshold = frontier.threshold
        # What fails at a fixed NaN or infinity fails at no magnitude.
        if held.overflow is None or threshold is None or frontier.pattern in FIXED:
            continue
        # Nor does what fails at the infinity of this pattern, however small its other inputs are.
        if frontier.pattern == MASKED and threshold == 0:
            continue
        if abs(threshold) <= held.overflow:
            yield Difference(
                quantity=f"overflow threshold ({frontier.pattern})", head=threshold, worse=True, limit=held.overflow
            )


def _slow(held: Held, found: Latency, baseline: Latency) -> Iterator[Difference]:
    if held.ratio is None:
        return
    from results.stats import ratio

    compared = ratio(found.samples, baseline.samples)
    # Beyond it for sure: the whole interval is.
    if compared is not None and compared.low > held.ratio:
        yield Difference(quantity="time, times the baseline", head=compared.value, worse=True, limit=held.ratio)
