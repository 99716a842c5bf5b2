"""What a regression check leaves behind: base against head, case by case.

Base is the version that is compared with, head the one that is judged. A ratio above 1 says that head is slower.
"""

from __future__ import annotations

from enum import StrEnum

from .cases import Case  # noqa: TC001 - msgspec reads type hints when the program runs
from .machine import Environment  # noqa: TC001
from .ranges import Chance, Finite, Line, Moment, OfDtype, Ratio, Share, Whole  # noqa: TC001
from .record import Record

#: Of files with a check. Raised when a reader of the old layout would misread the new one.
CHECK_VERSION = 2


class Verdict(StrEnum):
    """What a check says of one case."""

    SLOWER = "slower"
    """Head takes more time, surely and by more than half the threshold."""
    WORSE = "worse"
    """An exact quantity got worse: more parameters, more bytes, an earlier overflow, ..."""
    FASTER = "faster"
    """Head takes less time, surely and by more than half the threshold."""
    BETTER = "better"
    """An exact quantity got better, and none worse."""
    SAME = "same"
    """Exact quantities are equal; of times: the interval of the ratio lies within the threshold."""
    UNDECIDED = "undecided"
    """The budget ended before the interval was narrow enough."""
    INCOMPARABLE = "incomparable"
    """The two cannot be compared; the reason names the difference."""
    NEW = "new"
    """Only head has the implementation."""
    GONE = "gone"
    """Only base has it."""
    FAILED = "failed"
    """Head's case cannot be measured, and base's can."""


#: What fails a job.
BAD = frozenset({Verdict.SLOWER, Verdict.WORSE, Verdict.FAILED})
#: What fails a job that is strict.
UNSURE = frozenset({Verdict.UNDECIDED, Verdict.INCOMPARABLE})


class Interval(Record, frozen=True, kw_only=True):
    """A ratio of times with its interval."""

    ratio: Ratio
    low: Ratio
    high: Ratio

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it begins (ValueError)."""
        if self.low > self.high:
            msg = f"low: {self.low} is above high, {self.high}"
            raise ValueError(msg)


class Pace(Record, frozen=True, kw_only=True):
    """How the times of a case compare."""

    head: Interval
    """Head over base and its twin together."""
    twin: Interval | None = None
    """A second, identical copy of base over base: the noise of this very comparison. None: it was not measured."""
    builds: Whole
    """Pairs of freshly built modules; each gave one ratio."""
    smallest: Ratio
    """The smallest slowdown, as a ratio, that could have been seen in these builds."""
    processes: Whole = 1
    """Processes in which base and head were measured; with more than one the two were never in the same."""


class Difference(Record, frozen=True, kw_only=True):
    """An exact quantity that differs, or that is beyond a limit."""

    quantity: Line
    """``parameters``, ``MACs (ptflops)``, ``saved bytes``, ``overflow threshold (one large)``, ..."""
    base: OfDtype | Line | None = None
    """None: base has none."""
    head: OfDtype | Line | None = None
    """None: head has none."""
    worse: bool
    """Whether head is the worse one."""
    limit: Finite | None = None
    """The absolute limit that head is beyond, where it is held against one."""


class Judged(Record, frozen=True, kw_only=True):
    """One case with its verdict."""

    case: Case
    """Head's; where head has none, base's."""
    verdict: Verdict
    pace: Pace | None = None
    """Of a case that is timed."""
    differences: tuple[Difference, ...] = ()
    reason: Line = ""
    """Why there is no comparison, or how a side failed, in one line."""
    confirmed: bool | None = None
    """Whether a second, fresh process saw it too; None: it was not asked."""


class Side(Record, frozen=True, kw_only=True):
    """One of the two versions."""

    name: Line
    """``main``, ``working tree``, a folder, a run's id."""
    commit: Line | None = None
    dirty: bool = False
    """Whether files differ from the commit."""


class Check(Record, frozen=True, kw_only=True):
    """A regression check: what was compared, where, and what came of it."""

    started_at: Moment
    """UTC, ISO 8601."""
    base: Side | None = None
    """None: head was held against limits alone."""
    head: Side
    environment: Environment
    threshold: Share
    """The relative slowdown that is looked for: 0.03 is 3%."""
    error_rate: Chance
    """The chance, at most, that any case of an unchanged version is called slower."""
    judged: tuple[Judged, ...]
    unchanged: Whole = 0
    """Cases that were left out because their source is the same in both."""
    plugins: tuple[Line, ...] = ()

    @property
    def worse(self) -> tuple[Judged, ...]:
        """What fails a job."""
        return tuple(each for each in self.judged if each.verdict in BAD)
