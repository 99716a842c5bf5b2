"""What a case becomes before it is measured: something to time, to count, to watch, to search or to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from torch import Tensor, nn

    from results.records import Case, FirstCall, Ran, Training

    from .complexity.counter import Counter
    from .numerics.errors import Compared
    from .numerics.frontier import Searched


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A call ready to be timed."""

    call: Callable[[], object]
    move: Callable[[Random], None] | None = None
    """Puts what the call works on elsewhere in memory, where that matters to its time."""
    look: Callable[[], Ran] | None = None
    """Looks at a call before any is timed, and raises if what it gives is wrong; None: nothing is known of it."""
    first: FirstCall | None = None
    """What the first call of such a module took in this process; None: it was not timed."""


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
    forward: Callable[[], object] | None = None
    """Its forward pass alone, in training mode with a graph; None of a call without a backward pass of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A network that is to be trained."""

    train: Callable[[Callable[[], None]], Training]
    """Trains it to the end; calls what it is given before every step."""


#: In quotes: importing the last two imports torch.
Prepared: TypeAlias = "Timed | Counted | Profiled | Searched | Compared | Trained"


class Prepare(Protocol):
    """Turns a case into something to measure; the suites bring it, so that measuring knows nothing of attention."""

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs, from fixed seeds."""
