"""Who notices that threads wait for cores: by made-up counts and a clock that tests move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.cores import CoreWatcher, NoLines, SchedulerLines
from bench.events import Starved
from bench.measure import Instruments, Settings, measure_block
from bench.telemetry import NoWatch

from .fakes import FakeClock, FakePrepare, StopAfter, Work, block_of, case_of

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Case

A, B = (case_of(name, threads=2) for name in "ab")
LINE = (
    "of 2 threads 0.5 stood in line for a core on average, as others use the cores: a call may take a hundred times as "
    "long; take --threads 1, or end what else runs"
)


class Line:
    """Threads wait a share of the time that a fake clock shows."""

    def __init__(self, clock: FakeClock, share: float) -> None:
        self.asked = 0
        self._clock = clock
        self._share = share
        self._since_s = 0.0

    def waited_s(self) -> float:
        """Return it."""
        self.asked += 1
        since_s, self._since_s = self._since_s, self._clock.now_s()
        return self._share * (self._since_s - since_s)


def said(share: float, *, call_s: float = 0.25, case: Case = A, lines: object = None) -> list[str]:
    """Measure two cases, seven samples each; return what is said of cores."""
    clock = FakeClock()
    other = case_of("b", threads=case.threads)
    instruments = Instruments(
        prepare=FakePrepare({name: Work(clock, call_s) for name in "ab"}),
        clock_for=lambda _: clock,
        watch_for=lambda _: NoWatch(),
        now_s=clock.now_s,
        lines=lambda: lines or Line(clock, share),  # type: ignore[arg-type,return-value]
    )
    settings = Settings(stop=StopAfter(7), budget_s=200.0, seed=0)
    events = measure_block(block_of([case, other]), instruments, settings)
    return [event.line for event in events if isinstance(event, Starved)]


def test_threads_that_wait_are_said_once_a_block() -> None:
    """Half a thread on average, as one that shares its core: one line, with the remedy."""
    assert said(0.5) == [LINE]


def test_a_single_thread_has_another_remedy() -> None:
    """It cannot do with fewer."""
    assert said(0.5, case=case_of("a", threads=1)) == [
        "the thread that measures stood in line for its core 50% of the time, as others use it: times are too long; "
        "end what else runs, see: attnbench doctor"
    ]


def test_who_waits_a_little_is_left_alone() -> None:
    """Every system has work of its own."""
    assert said(0.24) == []


def test_where_nobody_counts_nothing_is_said() -> None:
    """Another system than Linux."""
    assert said(0.5, lines=NoLines()) == []


def test_it_is_noticed_while_the_first_case_warms_up() -> None:
    """Calls of 0.25 s take seconds to warm up: whoever waits for the first sample would hear of it late."""
    clock = FakeClock()
    instruments = Instruments(
        prepare=FakePrepare({name: Work(clock, 0.25) for name in "ab"}),
        clock_for=lambda _: clock,
        watch_for=lambda _: NoWatch(),
        now_s=clock.now_s,
        lines=lambda: Line(clock, 0.5),
    )
    events = list(measure_block(block_of([A, B]), instruments, Settings(stop=StopAfter(7), budget_s=200.0, seed=0)))
    assert [type(event).__name__ for event in events[:3]] == ["Started", "Starved", "Started"]


def test_short_looks_add_up_and_long_ones_are_rare() -> None:
    """After rounds of 10 ms the kernel is asked each fifth time, and 0.3 s are judged together."""
    clock = FakeClock()
    line = Line(clock, 0.5)
    watcher = CoreWatcher(2, line, clock.now_s)
    watcher.begin()
    said_after = []
    for number in range(1, 61):
        clock.elapsed_s = number / 100 + 1e-9
        said_after += [number for _ in watcher.look(A)]
    assert said_after == [30]
    # Once to begin, and six times; nothing more is asked when it is said.
    assert line.asked == 7


def test_time_before_it_begins_is_not_judged() -> None:
    """A case that is being built, or compiled in many processes, is nobody's time."""
    clock = FakeClock()
    watcher = CoreWatcher(2, Line(clock, 1.0), clock.now_s)
    clock.elapsed_s = 9.0
    watcher.begin()
    assert list(watcher.look(A, least_s=0.0)) == []
    clock.elapsed_s = 9.2
    assert list(watcher.look(A, least_s=0.0)) == []
    clock.elapsed_s = 9.4
    (event,) = watcher.look(A, least_s=0.0)
    assert event.case == A
    assert event.line.startswith("of 2 threads 1 stood in line for a core on average, ")


def count(tasks: Path, number: int, waited_ns: int) -> None:
    """Write what the kernel says of a thread."""
    (tasks / str(number)).mkdir(exist_ok=True)
    (tasks / str(number) / "schedstat").write_text(f"123456 {waited_ns} 7\n")


def test_the_kernel_s_counts_of_all_threads_are_added(tmp_path: Path) -> None:
    """Since the last time; a thread that is new counts from its beginning, one that has ended no more."""
    lines = SchedulerLines(tmp_path)
    count(tmp_path, 10, 5_000_000)
    count(tmp_path, 11, 1_000_000)
    assert lines.waited_s() == pytest.approx(0.006)
    count(tmp_path, 10, 7_000_000)
    (tmp_path / "11" / "schedstat").unlink()
    (tmp_path / "11").rmdir()
    count(tmp_path, 12, 1_000_000)
    assert lines.waited_s() == pytest.approx(0.003)


def test_a_kernel_that_does_not_count_says_nothing(tmp_path: Path) -> None:
    """Another system has no such folder, and some kernels have no such file, or nothing in it."""
    assert SchedulerLines(tmp_path / "none").waited_s() is None
    (tmp_path / "10").mkdir()
    assert SchedulerLines(tmp_path).waited_s() is None
    (tmp_path / "10" / "schedstat").write_text("")
    assert SchedulerLines(tmp_path).waited_s() is None
