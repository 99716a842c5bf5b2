"""How the speed of a machine changed while a block was measured: one fixed operation, timed before and after."""

from __future__ import annotations

from .ranges import Seconds  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record


class Drift(Record, frozen=True, kw_only=True):
    """Seconds of a call of the reference operation, at the start and at the end of a block."""

    before_s: Seconds
    after_s: Seconds

    @property
    def relative(self) -> float:
        """How much faster or slower the machine has become: 0.05 is 5%."""
        return max(self.before_s, self.after_s) / min(self.before_s, self.after_s) - 1
