"""How often NVML may be asked. An answer takes from some microseconds to some milliseconds, by driver and question."""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: All questions together take at most this share of the time...
SHARE = 0.05
#: ...and those that decide about samples at most this one: what is left is for the others, which then starve nowhere.
SHARE_OF_REASONS = 0.04
#: No more than this time earns is saved: after a long compilation questions must not crowd the samples.
SAVED_OVER_S = 1.0
#: How many times as long as the reasons the readings take, until they have been timed: they are so many questions.
READINGS_PER_REASONS = 4


class Kind(Enum):
    """What is asked after a sample."""

    REASONS = "why clocks are low, which decides whether the sample is kept"
    READINGS = "clocks, temperature and power"


class Ration:
    """Earns a share of the time that passes, and allows a question that costs no more than what is saved.

    Cases take turns, so that their watches have one ration together. What a question costs is what it took last. The
    first one is asked to learn that; where it took longer than was saved, the debt is paid first.

    Args:
        now_s: the CPU's clock.

    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._earned_until_s = now_s()
        self._saved_s = 0.0
        self._saved_for_reasons_s = 0.0
        self._took_s: dict[Kind, float] = {}

    def allows(self, kind: Kind) -> bool:
        """Return whether there is time for questions of this kind now."""
        self._earn()
        saved_s = min(self._saved_s, self._saved_for_reasons_s) if kind is Kind.REASONS else self._saved_s
        return saved_s >= self._cost_s(kind)

    @contextmanager
    def spending(self, kind: Kind) -> Iterator[None]:
        """Time the questions that are asked inside the ``with`` block."""
        begun_s = self._now_s()
        yield
        took_s = self._now_s() - begun_s
        self._took_s[kind] = took_s
        self._saved_s -= took_s
        if kind is Kind.REASONS:
            self._saved_for_reasons_s -= took_s

    def _earn(self) -> None:
        now_s = self._now_s()
        passed_s, self._earned_until_s = now_s - self._earned_until_s, now_s
        # Where one question takes longer than what is saved at most, it is saved up for.
        most_s = max(SHARE * SAVED_OVER_S, *map(self._cost_s, Kind))
        most_for_reasons_s = max(SHARE_OF_REASONS * SAVED_OVER_S, self._cost_s(Kind.REASONS))
        self._saved_s = min(most_s, self._saved_s + SHARE * passed_s)
        self._saved_for_reasons_s = min(most_for_reasons_s, self._saved_for_reasons_s + SHARE_OF_REASONS * passed_s)

    def _cost_s(self, kind: Kind) -> float:
        reasons_s = self._took_s.get(Kind.REASONS, 0.0)
        return reasons_s if kind is Kind.REASONS else self._took_s.get(kind, READINGS_PER_REASONS * reasons_s)
