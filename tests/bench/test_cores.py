"""Who notices that threads lack cores: by made-up CPU times and a clock that tests move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.cores import CoreWatcher, LinuxCores, Taken, Uncounted, cores_of_threads
from bench.events import Starved
from bench.measure import Instruments, Settings, measure_block
from bench.telemetry import NoWatch

from .fakes import FakeClock, FakePrepare, StopAfter, Work, block_of, case_of

if TYPE_CHECKING:
    from pathlib import Path

    from bench.cores import Cores
    from bench.events import Event

A = case_of("a", threads=2)
LINE = (
    "2 threads had 1.5 idle cores to run on: all wait for the slowest, and a call may take a hundred times as long; "
    "take --threads 1, or end what else runs, see: attnbench doctor"
)


class Shared:
    """Two cores, of which others have a share of the time that a fake clock shows."""

    def __init__(self, clock: FakeClock, share: float) -> None:
        self.asked = 0
        self._clock = clock
        self._share = share
        self._since_s = 0.0

    def taken(self) -> Taken:
        """Return it."""
        self.asked += 1
        since_s, self._since_s = self._since_s, self._clock.now_s()
        return Taken(2, self._share * (self._since_s - since_s))


def events_with(share: float, *, threads: int = 2, cores: Cores | None = None) -> list[Event]:
    """Measure two cases whose calls take 0.25 s, seven samples each, while others have a share of the cores."""
    clock = FakeClock()
    instruments = Instruments(
        prepare=FakePrepare({name: Work(clock, 0.25) for name in "ab"}),
        clock_for=lambda _: clock,
        watch_for=lambda _: NoWatch(),
        now_s=clock.now_s,
        cores=lambda: cores or Shared(clock, share),
    )
    settings = Settings(stop=StopAfter(7), budget_s=200.0, seed=0)
    return list(measure_block(block_of([case_of(name, threads=threads) for name in "ab"]), instruments, settings))


def said(events: list[Event]) -> list[str]:
    """Return the lines on cores."""
    return [event.line for event in events if isinstance(event, Starved)]


def test_threads_that_lack_a_core_are_said_once_a_block() -> None:
    """Half a core, as a thread lacks that shares its core: one line, with the remedy."""
    assert said(events_with(0.5)) == [LINE]


def test_more_threads_than_cores_lack_them_too() -> None:
    """Whoever asks for four on two hears of it, with nobody else there."""
    (line,) = said(events_with(0.0, threads=4))
    assert line.startswith("4 threads had 2.0 idle cores to run on: ")
    assert "take --threads 1" in line


def test_a_single_thread_has_another_remedy() -> None:
    """It lacks a core when all are taken, and cannot do with fewer."""
    assert said(events_with(1.0, threads=1)) == []
    (line,) = said(events_with(1.5, threads=1))
    assert line == (
        "the thread that measures had 50% of a core, as others use the cores: times are too long; end what else runs, "
        "see: attnbench doctor"
    )


def test_who_lacks_a_little_is_left_alone() -> None:
    """Every system has work of its own."""
    assert said(events_with(0.24)) == []


def test_where_nobody_counts_nothing_is_said() -> None:
    """Another system than Linux."""
    assert said(events_with(0.5, cores=Uncounted())) == []


def test_it_is_noticed_while_the_first_case_warms_up() -> None:
    """Calls of 0.25 s take seconds to warm up: whoever waits for the first sample would hear of it late."""
    assert [type(event).__name__ for event in events_with(0.5)[:3]] == ["Started", "Starved", "Started"]


def test_short_looks_add_up_and_long_ones_are_rare() -> None:
    """After rounds of 1/64 s the kernel is asked each seventh time, and five of these looks are judged together."""
    clock = FakeClock()
    cores = Shared(clock, 0.5)
    watcher = CoreWatcher(2, cores, clock.now_s)
    watcher.begin()
    said_after = []
    for number in range(1, 91):
        clock.elapsed_s = number / 64
        said_after += [number for _ in watcher.look(A)]
    assert said_after == [35]
    # Once to begin, and five times; nothing more is asked when it is said.
    assert cores.asked == 6


def test_time_before_it_begins_is_not_judged() -> None:
    """A case that is being built, or compiled in many processes, is nobody's time."""
    clock = FakeClock()
    watcher = CoreWatcher(2, Shared(clock, 2.0), clock.now_s)
    clock.elapsed_s = 9.0
    watcher.begin()
    assert list(watcher.look(A, least_s=0.0)) == []
    clock.elapsed_s = 9.3
    assert list(watcher.look(A, least_s=0.0)) == []
    clock.elapsed_s = 9.6
    (event,) = watcher.look(A, least_s=0.0)
    assert event.case == A
    assert event.line.startswith("2 threads had 0.0 idle cores to run on: ")


STAT = """\
cpu  9 9 9 9 9 9 9 9 0 0
cpu0 {first} 0 0 5000 70 0 0 0 0 0
cpu1 1 2 3 6000 80 4 5 {stolen} 900 900
cpu12 {last} 0 0 1 1 0 0 0 0 0
intr 123 4 5
"""


def test_others_have_what_is_busy_and_not_our_own(tmp_path: Path) -> None:
    """Of the cores that this process may use, stolen time with them, idle and waiting time left out."""
    file, own_s = tmp_path / "stat", 4.0
    cores = LinuxCores(file, lambda: frozenset({0, 1}), lambda: own_s, 0.01)
    file.write_text(STAT.format(first=100, stolen=10, last=50))
    cores.taken()
    # Ours are 0.5 s of the 1.3 s since.
    file.write_text(STAT.format(first=200, stolen=40, last=999))
    own_s = 4.5
    taken = cores.taken()
    assert taken is not None
    assert taken.cores == 2
    assert taken.seconds == pytest.approx(0.8)


def test_a_system_that_does_not_count_says_nothing(tmp_path: Path) -> None:
    """Another one has no such file; and nothing is made of a file that holds something else."""
    assert LinuxCores(tmp_path / "none").taken() is None
    (tmp_path / "stat").write_text("cpu\ncpu0 1 2\nintr 1\n")
    assert LinuxCores(tmp_path / "stat").taken() is None
    (tmp_path / "stat").write_text("cpu\nfish 1 2 3 4 5 6 7 8\nintr 1\n")
    assert LinuxCores(tmp_path / "stat").taken() is None


def test_this_machine_counts() -> None:
    """Threads of a real process have one core at least, and the kernel's file can be read."""
    assert len(cores_of_threads()) >= 1
    taken = LinuxCores().taken()
    assert taken is not None
    assert taken.cores == len(cores_of_threads())
