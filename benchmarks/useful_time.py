"""How much of a latency run is spent in calls that are timed or warm up, and how much isolation takes.

Run it with ``python benchmarks/useful_time.py``: the default plan of the latency suite. Time counts from the
moment the worker is ready, that is, after imports. What isolation takes is the parent's time less the worker's own.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from attnbench import measuring
from bench.executors.isolated import IsolatedExecutor
from bench.executors.process import ProcessWorker
from bench.instruments import instruments
from bench.measure import Settings
from bench.stopping import PrecisionOrBudget
from bench.worker import Setup
from results.records import Latency, Measured
from suites.prepare import Preparer
from suites.request import Request
from suites.surroundings import kept

if TYPE_CHECKING:
    from results.records import Samples


def main() -> None:
    """Print both shares."""
    planned = measuring.start(Request(suites=("latency",))).plan
    settings = Settings(
        stop=PrecisionOrBudget(precision=planned.precision, budget_s=planned.budget_s),
        budget_s=planned.budget_s,
        seed=planned.seed,
    )
    setup = Setup(instruments=instruments(Preparer(), kept), settings=settings, devices=frozenset({"cpu"}))
    useful_s = inside_s = 0.0
    with IsolatedExecutor(lambda: ProcessWorker(setup), time_limit_s=planned.time_limit_s) as executor:
        # A first, tiny block: the worker answers it when it has imported everything.
        first, *_ = planned.blocks
        list(executor.run(first.only(first.cases[:1]), {}))
        before_s, executor.busy_s = time.perf_counter(), 0.0
        for block in planned.blocks:
            started_s = time.perf_counter()
            for event in executor.run(block, {}):
                if isinstance(event, Measured) and isinstance(event.result, Latency):
                    useful_s += _spent_s(event.result.samples)
            inside_s += time.perf_counter() - started_s
        wall_s, busy_s = time.perf_counter() - before_s, executor.busy_s
    print(f"{len(planned.cases)} cases in {wall_s:.1f} s after import")
    print(f"timed calls and warm-up: {useful_s:.1f} s, {useful_s / wall_s:.1%}")
    print(f"isolation: {inside_s - busy_s:.2f} s, {(inside_s - busy_s) / wall_s:.2%}")


def _spent_s(samples: Samples) -> float:
    return samples.warmup_s + sum(samples.seconds) * samples.calls_per_sample


if __name__ == "__main__":
    main()
