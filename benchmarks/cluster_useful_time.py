"""How much of its time does a node of a Ray cluster spend in calls that are timed or warm up, and a local run?

Both measure the same blocks with one thread on one core, from the first start of a case to the last outcome. The
process that writes has another core. Run it on an idle machine: python benchmarks/cluster_useful_time.py
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from local_cluster import LocalCluster, ray_folder

from attnbench import measuring
from attnbench.cluster.desk import Desk
from attnbench.cluster.kinds import Kinds
from attnbench.cluster.luggage import Luggage
from attnbench.output import Output
from bench.cluster.driver import drive
from bench.cluster.own_threads import OwnThreads
from bench.cluster.ray_crew import RayCrew
from bench.cluster.ray_nodes import connected
from bench.cluster.scheduling import Scheduler
from bench.events import Started
from results.records import Latency, Measured
from suites.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.events import Event
    from results.records import Run

SILENT = Output(progress=False, summary=True, tables_to_stderr=True)
#: Points that a node's share may be below that of a local run.
DEMANDED = 0.03


class Spent(NamedTuple):
    """Seconds of a run."""

    useful_s: float
    wall_s: float

    @property
    def share(self) -> float:
        """Of the time, in calls."""
        return self.useful_s / self.wall_s


def main() -> None:
    """Print both shares; exit with 1 if they are too far apart."""
    sys.exit(0 if print_useful_time() else f"a node has more than {DEMANDED:.0%} less")


def print_useful_time() -> bool:
    """Print both shares, and return whether that of a node is near that of a local run."""
    request = Request(
        suites=("latency",), hosts=("none",), impls=("se", "cbam", "simam"), batch_sizes=(1, 4, 16), threads=1
    )
    planned = measuring.start(request)
    cores = sorted(os.sched_getaffinity(0))
    local = _locally(planned, {cores[-1]})
    there = _on_a_node(planned, {cores[-1]}, {cores[0]})
    for name, spent in (("local", local), ("node", there)):
        print(f"{name:5}: {spent.useful_s:.1f} s of {spent.wall_s:.1f} s in calls, {spent.share:.1%}")
    return there.share > local.share - DEMANDED


def _locally(planned: Run, cores: set[int]) -> Spent:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        return _spent(measuring.carry_out(planned))
    finally:
        os.sched_setaffinity(0, before)


def _on_a_node(planned: Run, cores: set[int], ours: set[int]) -> Spent:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, ours)
    try:
        with ray_folder():
            cluster = LocalCluster()
            cluster.add("node", cores=cores)
            try:
                with connected(cluster.address) as ray:
                    desk = Desk(planned, Luggage((), ()), "", Kinds("cpu"), SILENT)
                    crew = RayCrew(ray, desk, lambda _: True)
                    try:
                        crew.greet()
                        scheduler = Scheduler(planned.plan.blocks, lambda block: float(len(block.cases)))
                        heard = drive(scheduler, OwnThreads(crew, desk.threads), lambda _: None)
                        return _spent(each.event for each in heard)
                    finally:
                        crew.close()
            finally:
                cluster.end()
    finally:
        os.sched_setaffinity(0, before)


def _spent(events: Iterable[Event]) -> Spent:
    began_s = ended_s = useful_s = 0.0
    for event in events:
        now_s = time.perf_counter()
        if isinstance(event, Started) and not began_s:
            began_s = now_s
        if isinstance(event, Measured) and isinstance(event.result, Latency):
            ended_s, samples = now_s, event.result.samples
            useful_s += samples.warmup_s + sum(samples.seconds) * samples.calls_per_sample
    return Spent(useful_s, ended_s - began_s)


if __name__ == "__main__":
    main()
