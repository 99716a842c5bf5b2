"""How far a run is, from the events alone; and whether anything may be drawn now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.events import Paused, Started
from reporting import describe
from results.records import Failed, Measured, Sampled, Skipped
from results.text import printable

from .forecast import TIMED, Forecast

if TYPE_CHECKING:
    from bench.events import Event
    from results.records import Block, Case, Run

    from .forecast import Expected


class Going:
    """Follows the events of a run.

    Args:
        run: the plan, and outcomes of earlier sessions.

    """

    def __init__(self, run: Run) -> None:
        self._block_of = run.index.block_of
        self._done = {outcome.case for outcome in run.outcomes}
        self._started: set[Case] = set()
        self._forecast = Forecast(run.plan, self._done)
        self._failed = 0
        self._began_s: float | None = None
        self.total = len(run.plan.cases)
        """Cases of the plan."""
        self.name = "starting the process that measures"
        """What is at hand."""
        self.is_timing = False
        """Whether samples are being taken: until a pause, nothing must be drawn."""

    @property
    def done(self) -> int:
        """Cases that have an outcome."""
        return len(self._done)

    def note(self, event: Event, now_s: float) -> None:
        """Take note of one event, at this time of any clock that only goes forward."""
        if self._began_s is None:
            self._began_s = now_s
        self._forecast.saw(event, now_s)
        if isinstance(event, Sampled):
            return
        block = self._block_of[event.case]
        if isinstance(event, Started):
            # A case that starts a second time is alone, and is sampled as soon as it is built.
            again = event.case in self._started
            self._started.add(event.case)
            self.is_timing = again or self._are_all_started(block)
            self._say(short_name(event.case))
        elif isinstance(event, Measured | Skipped | Failed):
            self._done.add(event.case)
            self._failed += isinstance(event, Failed)
            if self._done.issuperset(block.cases):
                self.is_timing = False
        elif isinstance(event, Paused):
            self._say(self._block_words(block))

    def may_draw(self, event: Event) -> bool:
        """Return whether nothing is timed at the time of this event, which has been noted."""
        return isinstance(event, Paused | Started) or not self.is_timing

    def left(self, now_s: float) -> Expected | None:
        """Return the time that is left."""
        return self._forecast.left(now_s)

    def share(self, now_s: float) -> float:
        """Return the share of the time that is over."""
        spent_s = 0.0 if self._began_s is None else now_s - self._began_s
        left_s = self._forecast.left(now_s).seconds
        return spent_s / (spent_s + left_s) if spent_s + left_s > 0 else 0.0

    def _are_all_started(self, block: Block) -> bool:
        timed = block.shared.suite in TIMED
        return timed and all(case in self._started or case in self._done for case in block.cases)

    def _block_words(self, block: Block) -> str:
        left = [case for case in block.cases if case not in self._done]
        if len(left) == 1:
            return short_name(left[0])
        return f"{len(left)} in turns, {_shared_words(block.shared)}"

    def _say(self, name: str) -> None:
        failed = f"{self._failed} failed · " if self._failed else ""
        self.name = printable(failed + name)


def short_name(case: Case) -> str:
    """Return a case by what tells it from others, most telling first: where the line is cut, little is lost."""
    return f"{describe.name(case)}, {_shared_words(case)}"


def _shared_words(case: Case) -> str:
    host, *others = case.input.title(case.host, case.direction)
    return ", ".join((*others, host, case.dtype, case.device))
