"""The crew that measures nothing, on a clock of its own."""

from __future__ import annotations

from collections import Counter

import pytest
from simulated_crew import Faults, SimulatedCrew, seconds_of

from bench.cluster.driver import Kept, drive
from bench.cluster.scheduling import Scheduler
from results.blocks import Block
from results.records import Case, Failed, FailureKind, Images, Latency, Measured

#: 60 blocks of two cases, each of which takes 100 s.
BLOCKS = tuple(
    Block(
        cases=tuple(
            Case(
                suite="latency",
                implementation=name,
                source="",
                host=f"h{index}",
                input=Images(batch=8, channels=3, height=8, width=8, num_classes=10),
            )
            for name in "ab"
        )
    )
    for index in range(60)
)


def carried_out(faults: Faults, *, workers: int = 4) -> tuple[list[Kept], SimulatedCrew]:
    """Return what was kept, with a driver that takes no time, and the crew."""
    scheduler = Scheduler(BLOCKS, lambda _: 100.0)
    crew = SimulatedCrew(workers, lambda _: 100.0, lambda: scheduler.waiting, faults, clock=lambda: 0.0)
    kept: list[Kept] = []
    for _ in drive(scheduler, crew, kept.append):
        pass
    return kept, crew


def test_workers_that_live_share_the_time() -> None:
    """60 blocks of 100 s on four workers take 1,500 s, and nobody waits for a driver that takes no time."""
    kept, crew = carried_out(Faults(lifetime_s=1e12))
    assert len(kept) == 60
    assert crew.now_s == pytest.approx(1500.0)
    assert crew.idle_shares() == [0.0] * 4
    assert crew.losses == 0


def test_a_slow_driver_lets_workers_wait() -> None:
    """A second of its time for each look at the clock is a second of theirs."""
    ticks = iter(range(10**6))
    scheduler = Scheduler(BLOCKS, lambda _: 100.0)
    crew = SimulatedCrew(
        4, lambda _: 100.0, lambda: scheduler.waiting, Faults(lifetime_s=1e12), clock=lambda: float(next(ticks))
    )
    for _ in drive(scheduler, crew, lambda _: None):
        pass
    assert min(crew.idle_shares()) > 0.01
    assert crew.driver_s > 100


def test_machines_die_and_nothing_is_lost() -> None:
    """Each case is kept once, with its own figures; some results come late, and are dropped."""
    kept, crew = carried_out(Faults(lifetime_s=200.0, deadly={7}))
    outcomes = [outcome for each in kept for outcome in each.outcomes]
    assert Counter(outcome.case for outcome in outcomes) == {case: 1 for block in BLOCKS for case in block.cases}
    assert crew.losses > 5
    assert crew.late > 0
    lost = {outcome.case for outcome in outcomes if isinstance(outcome, Failed)}
    assert lost.issuperset(BLOCKS[7].cases)
    for outcome in outcomes:
        if isinstance(outcome, Measured):
            assert isinstance(outcome.result, Latency)
            assert outcome.result.samples.seconds == seconds_of(outcome.case)


def test_a_case_may_not_fit() -> None:
    """It runs out of memory, and nothing else does."""
    kept, _ = carried_out(Faults(lifetime_s=1e12, largest=lambda case: 4 if case.host == "h3" else None))
    failed = [outcome for each in kept for outcome in each.outcomes if isinstance(outcome, Failed)]
    assert [outcome.case for outcome in failed] == list(BLOCKS[3].cases)
    assert {outcome.kind for outcome in failed} == {FailureKind.OUT_OF_MEMORY}
