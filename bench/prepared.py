"""What a case becomes before it is measured: something to time, to count, or to watch for its memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor, nn

    from results.records import Case

    from .complexity.counter import Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A call ready to be timed."""

    call: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A module whose operations are to be counted."""

    module: nn.Module
    inputs: tuple[Tensor, ...]
    counters: Sequence[Counter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """A call whose bytes and operators are to be counted."""

    call: Callable[[], object]


Prepared = Timed | Counted | Profiled


class Prepare(Protocol):
    """Turns a case into something to measure; the suites bring it, so that measuring knows nothing of attention."""

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs, from fixed seeds."""
