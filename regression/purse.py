"""The time for all cases together: what those that are soon decided leave, later ones may use."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Budgets that a case may use at most: one that noise will never let decide would use up all that there is.
MOST_BUDGETS = 3


class Purse:
    """Gives each case its budget, and what the cases before it have left of theirs.

    Args:
        budget_s: seconds a case, on average.
        now_s: the time in seconds, from anywhere.

    """

    def __init__(self, budget_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._budget_s = budget_s
        self._left_s = 0.0
        self._now_s = now_s

    @contextmanager
    def spending(self) -> Iterator[float]:
        """Give the seconds that the case inside the ``with`` block may take."""
        allowed_s = min(self._budget_s + self._left_s, MOST_BUDGETS * self._budget_s)
        began_s = self._now_s()
        yield allowed_s
        spent_s = self._now_s() - began_s
        self._left_s = max(0.0, self._left_s + self._budget_s - spent_s)
