"""What the simulation of a cluster looks at in a process of its own: memory of a plan, and what is in the folder.

python benchmarks/cluster_tally.py tally FOLDER
python benchmarks/cluster_tally.py weigh BATCHES
"""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from cluster_simulation import peak_bytes, planned
from simulated_crew import seconds_of

from attnbench.cluster.going import GoingTogether
from attnbench.cluster.planning import without_threads
from bench.cluster.scheduling import Scheduler
from results.cluster_folder import load_cluster
from results.records import Failed, FailureKind, Latency, Measured, Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence


def tally(folder: Path) -> dict[str, float]:
    """Return what is in a folder: outcomes, how many cases have exactly one, and how many have other figures."""
    began = time.perf_counter()
    cluster, machines = load_cluster(folder)
    read_s, read_bytes = time.perf_counter() - began, peak_bytes()
    outcomes = [outcome for machine in machines.values() for outcome in machine.run.outcomes]
    times = Counter(without_threads(outcome.case) for outcome in outcomes)
    planned_cases = set(cluster.plan.cases)
    return {
        "outcomes": len(outcomes),
        "once": sum(count == 1 and case in planned_cases for case, count in times.items()),
        "measured": sum(isinstance(outcome, Measured) for outcome in outcomes),
        "altered": sum(_is_altered(outcome) for outcome in outcomes if isinstance(outcome, Measured)),
        "out of memory": _failed(outcomes, FailureKind.OUT_OF_MEMORY),
        "machine lost": _failed(outcomes, FailureKind.MACHINE_LOST),
        "skipped": sum(isinstance(outcome, Skipped) for outcome in outcomes),
        "machines": len(machines),
        "seconds": read_s,
        "memory": read_bytes,
    }


def _is_altered(outcome: Measured) -> bool:
    return not isinstance(outcome.result, Latency) or outcome.result.samples.seconds != seconds_of(outcome.case)


def _failed(outcomes: Sequence[object], kind: FailureKind) -> int:
    return sum(isinstance(outcome, Failed) and outcome.kind is kind for outcome in outcomes)


def weighed(batches: int) -> dict[str, float]:
    """Return the bytes that Python holds for each case of a plan, and those with what the driver knows beside it."""
    # What is there once, however many cases there are.
    planned(1)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    run, _ = planned(batches)
    plan, _ = tracemalloc.get_traced_memory()
    kept = (Scheduler(run.plan.blocks, lambda _: 1.0), GoingTogether(run.plan, 1, (), int))
    driver, _ = tracemalloc.get_traced_memory()
    del kept
    cases = len(run.plan.cases)
    return {"plan": (plan - before) / cases, "driver": (driver - before) / cases}


def main() -> None:
    """Print what was asked for, as JSON."""
    what, of = sys.argv[1:]
    print(json.dumps(weighed(int(of)) if what == "weigh" else tally(Path(of))))


if __name__ == "__main__":
    main()
