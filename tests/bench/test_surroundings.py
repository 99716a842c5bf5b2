"""When the surroundings of cases are put back, and who hears of it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from bench.events import Disturbed
from bench.measure import Instruments, Settings, measure_block
from bench.telemetry import NoWatch
from results.records import Failed

from .fakes import FakeClock, FakePrepare, StopAfter, Work, block_of, case_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bench.events import Event
    from bench.surroundings import Surroundings
    from results.records import Case

A, B = (case_of(name) for name in "ab")


class Room:
    """A room in which the light must be on; whoever leaves it off is written down."""

    def __init__(self) -> None:
        self.light = True
        self.dark_calls = 0
        self._news: list[str] = []

    def switch_off(self) -> None:
        """Do what a stranger does."""
        self.light = False

    def look(self) -> None:
        """Count the calls in the dark."""
        self.dark_calls += not self.light

    def put_back(self, case: Case, *, sampled: bool = False) -> None:
        """Switch the light on."""
        if not self.light:
            self.light = True
            self._news.append(f"{case.implementation}{' sampled' if sampled else ''}")

    def news(self) -> tuple[str, ...]:
        """Return who has left it off."""
        news, self._news = tuple(self._news), []
        return news

    def kept(self) -> AbstractContextManager[Surroundings]:
        """Return it for the time of a block."""
        return nullcontext(self)


def events_in(room: Room, clock: FakeClock, prepare: FakePrepare) -> list[Event]:
    """Measure A and B in a room, three samples each."""
    instruments = Instruments(
        prepare=prepare,
        clock_for=lambda _: clock,
        watch_for=lambda _: NoWatch(),
        now_s=clock.now_s,
        surroundings=room.kept,
    )
    settings = Settings(stop=StopAfter(3), budget_s=200.0, seed=0)
    return list(measure_block(block_of([A, B]), instruments, settings))


def test_no_call_finds_what_another_case_has_changed() -> None:
    """Neither while it warms up nor in any round."""
    room, clock = Room(), FakeClock()
    script = {"a": Work(clock, 1.0, doing=room.switch_off), "b": Work(clock, 1.0, doing=room.look)}
    events = events_in(room, clock, FakePrepare(script))
    assert room.dark_calls == 0
    # Once it has warmed up, after each of its samples, and after the call whose result is looked at in the end.
    assert [event.line for event in events if isinstance(event, Disturbed)] == ["a", *3 * ["a sampled"], "a"]


def test_what_building_has_changed_is_put_back_before_the_first_call() -> None:
    """Warming up finds what sampling will find."""
    room, clock = Room(), FakeClock()

    class Building(FakePrepare):
        def __call__(self, case: Case) -> object:  # type: ignore[override]
            room.switch_off()
            return super().__call__(case)

    script = {name: Work(clock, 1.0, doing=room.look) for name in "ab"}
    events = events_in(room, clock, Building(script))
    assert room.dark_calls == 0
    assert [event.line for event in events if isinstance(event, Disturbed)] == ["a", "b"]


def test_who_fails_is_cleaned_up_after() -> None:
    """The state that an exception leaves is the case's, not its neighbour's."""
    room, clock = Room(), FakeClock()
    script = {
        "a": Work(clock, *20 * [1.0], ValueError("planted"), doing=room.switch_off),
        "b": Work(clock, 1.0, doing=room.look),
    }
    events = events_in(room, clock, FakePrepare(script))
    assert room.dark_calls == 0
    failures = [event.case.implementation for event in events if isinstance(event, Failed)]
    assert set(failures) <= {"a"}
