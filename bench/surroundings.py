"""What all cases of a process share, and any of them may change: kept as it is, by whoever knows what that is."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

from .events import Disturbed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from results.records import Case


class Surroundings(Protocol):
    """Kept for the time of a block."""

    def put_back(self, case: Case, *, sampled: bool = False) -> None:
        """Put back what a case has changed.

        Args:
            case: whose code has just run.
            sampled: it was one sample: only what can be compared in some hundredths of its time.

        """

    def news(self) -> tuple[str, ...]:
        """Return one line for each change since the last call that has not been told yet: who changed what."""


class Untouched:
    """Nothing is kept: the cases are all our own."""

    def put_back(self, case: Case, *, sampled: bool = False) -> None:
        """Leave everything as it is."""

    def news(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()


def untouched() -> AbstractContextManager[Surroundings]:
    """Return surroundings that nobody keeps."""
    return nullcontext(Untouched())


def disturbances(surroundings: Surroundings, case: Case, *, sampled: bool = False) -> Iterator[Disturbed]:
    """Put back what a case has changed; yields what has not been told yet."""
    surroundings.put_back(case, sampled=sampled)
    for line in surroundings.news():
        yield Disturbed(case=case, line=line)
