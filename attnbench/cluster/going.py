"""How far a run on several machines is, from the events alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.events import Paused, Started
from reporting.describe import plural
from results.records import Failed, Measured, Skipped
from results.text import printable

from ..progress.forecast import Expected, Forecast
from ..progress.going import short_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.events import Event
    from results.records import Case, Plan

#: What was seen counts as much as what was expected once so many seconds of cases are done.
TRUST_S = 20.0
#: Seconds between two drawings: with many machines events come faster than anybody reads.
DRAWN_EVERY_S = 0.05


class GoingTogether:
    """Follows the events of all machines.

    Args:
        plan: all of it.
        times: how often each case is measured: once, or once a kind of machine.
        done: cases that are done already, each as often as it is.
        machines: how many there are now.

    """

    def __init__(self, plan: Plan, times: int, done: Iterable[Case], machines: Callable[[], int]) -> None:
        self._forecast = Forecast(plan)
        self._machines = machines
        self._failed = 0
        self._began_s: float | None = None
        self._now_s = self._drawn_s = float("-inf")
        self._done_s = 0.0
        self._left_s = times * sum(self._cost_s(case) for case in plan.cases)
        self.total = len(plan.cases) * times
        """Cases, each as often as it is measured."""
        self.done = 0
        """Those that have an outcome."""
        self.name = "starting the processes that measure"
        """What is at hand."""
        self.is_timing = True
        """Something is always being timed: nothing is drawn but when an event comes, in a pause of its machine."""
        for case in done:
            self.done += 1
            self._left_s -= self._cost_s(case)

    def note(self, event: Event, now_s: float) -> None:
        """Take note of one event, at this time of any clock that only goes forward."""
        if self._began_s is None:
            self._began_s = now_s
        self._now_s = now_s
        match event:
            case Started():
                self._say(short_name(event.case))
            case Measured() | Skipped() | Failed():
                self.done += 1
                self._failed += isinstance(event, Failed)
                cost_s = self._cost_s(event.case)
                self._done_s += cost_s
                self._left_s -= cost_s
                self._say(short_name(event.case))
            case _:
                pass

    def may_draw(self, event: Event) -> bool:
        """Return whether its machine times nothing at this event, the last that was noted, and none was just drawn."""
        if not isinstance(event, Paused | Started | Measured | Skipped | Failed):
            return False
        if self._now_s - self._drawn_s < DRAWN_EVERY_S:
            return False
        self._drawn_s = self._now_s
        return True

    def left(self, now_s: float) -> Expected:
        """Return the time that is left."""
        machines = max(1, self._machines())
        spent_s = 0.0 if self._began_s is None else (now_s - self._began_s) * machines
        factor = (spent_s + TRUST_S) / (self._done_s + TRUST_S) if self._done_s else 1.0
        return Expected(max(0.0, self._left_s) * factor / machines)

    def share(self, now_s: float) -> float:
        """Return the share of the work that is done."""
        del now_s
        whole_s = self._done_s + self._left_s
        return self._done_s / whole_s if whole_s > 0 else 0.0

    def _cost_s(self, case: Case) -> float:
        return self._forecast.of_case(case).seconds

    def _say(self, name: str) -> None:
        failed = f"{self._failed} failed · " if self._failed else ""
        self.name = printable(f"{failed}{plural(self._machines(), 'machine')} · {name}")
