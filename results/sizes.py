"""How big a case is, in parameters, multiply-adds and bytes: what is counted and not timed."""

from __future__ import annotations

from typing import NamedTuple

from .kinds import Unit  # noqa: TC001 - msgspec reads type hints when the program runs
from .ranges import Integer, Line, Name, Whole  # noqa: TC001
from .record import Record


class OperatorCount(NamedTuple):
    """The share of one kind of operator in a total: ``conv``, ``linear``, ``batch_norm``, ...

    It is below 0 where a rule's total is smaller than the sum of what it says of its operators.
    """

    operator: Line
    count: Integer  # type: ignore[assignment]  # hides tuple.count, which nobody needs on a pair


class Count(Record, frozen=True, kw_only=True):
    """Multiply-adds of one forward pass by one rule."""

    rule: Name
    unit: Unit
    total: Whole
    by_operator: tuple[OperatorCount, ...]


class CountFailure(Record, frozen=True, kw_only=True):
    """A rule that could not count a module which runs, and why."""

    rule: Name
    unit: Unit
    error: Line
    """One line: the exception's type and message."""


class Complexity(Record, frozen=True, kw_only=True, tag="complexity"):
    """Sizes that do not depend on the machine, for a batch of one."""

    parameters: Whole
    counts: tuple[Count, ...]
    failures: tuple[CountFailure, ...] = ()
    """The rules that could not count; each rule is here or in ``counts``."""
    uncounted: tuple[OperatorCount, ...] = ()
    """Operators that ran and that no rule has a figure for, with the elements that they worked on: they may do any
    amount of work, as a Fourier transform does."""
    elementwise: tuple[OperatorCount, ...] = ()
    """The same of operators that do little more than one operation an element: products, sums, norms, pools."""

    def total(self, rule: str) -> int:
        """Return the total by this rule.

        Raises:
            KeyError: the rule was not used, or failed.

        """
        for count in self.counts:
            if count.rule == rule:
                return count.total
        raise KeyError(rule)


class Memory(Record, frozen=True, kw_only=True, tag="memory"):
    """Bytes of one call, above what rests in memory before it: parameters, inputs, gradients asked for."""

    saved_bytes: Whole
    """Activations that the forward pass keeps for the backward pass; each storage once, parameters and inputs not. The
    graph saves them, or the module holds them by itself: in attributes of ``ctx``, in its own, in closures."""
    peak_live_bytes: Whole
    """Highest total of live tensors that operators made, counted from the operators as they run."""
    read_bytes: Whole
    """What the operators' tensor arguments hold, added up: traffic if nothing stayed in a cache."""
    written_bytes: Whole
    """What the operators' results hold, added up, views not."""
    operators: Whole
    """Operators that touch data: at least as many kernel launches."""
    allocated_bytes: Whole | None = None
    """Peak of the CUDA allocator's allocated bytes; None without CUDA."""
    reserved_bytes: Whole | None = None
    """Peak of what the CUDA allocator reserved from the device."""
    process_bytes: Whole | None = None
    """NVML's figure for this process after the call, driver context included; None where NVML does not say."""
