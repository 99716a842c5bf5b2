"""What is known to run out of memory: the same case with a larger batch is not tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Case


class OutOfMemory:
    """The smallest batch with which each case ran out of memory on one kind of machine.

    Args:
        cases: of which that is known from before.

    """

    def __init__(self, cases: Iterable[Case] = ()) -> None:
        self._smallest: dict[Case, int] = {}
        for case in cases:
            self.note(case)

    def note(self, case: Case) -> None:
        """Learn that a case ran out of memory."""
        key, batch = _any_batch(case), case.input.batch
        self._smallest[key] = min(batch, self._smallest.get(key, batch))

    def skipped(self, case: Case) -> Skipped | None:
        """Return the outcome of a case that has no hope; None: it is to be tried."""
        # Asked of every case of a plan, of which few run out of memory, or none.
        failing = self._smallest.get(_any_batch(case)) if self._smallest else None
        if failing is None or case.input.batch <= failing:
            return None
        return Skipped(case=case, reason=f"ran out of memory at batch {failing}")


def _any_batch(case: Case) -> Case:
    return replace(case, input=case.input.with_batch(0))
