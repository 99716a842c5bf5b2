"""Plans 100,000 cases, and has them carried out by 64 simulated workers: what the driver's own work takes.

python benchmarks/cluster_simulation.py [--batches 63] [--workers 64] [--losses 100] [--seed 0]

Everything is real but the workers: the plan of a sweep as ``attnbench run`` makes it, the forecast, the scheduler, the
loop that drives the workers, the count of progress with the time left once a second, every machine's run on the disk.
The workers are on a simulated clock: a case takes what the forecast says, and gives 30 made-up samples, which come as
bytes in a message a case. Machines die at random moments, and others take their place; one block takes down each
machine that it is given to; some cases run out of memory. In the end a process of its own reads the folder, and sees
that every case of the plan is there exactly once, with its figures.

Exit code 1 if anything falls short.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulated_crew import Faults, SimulatedCrew, seconds_of

from attnbench.asking import asked
from attnbench.progress.forecast import Forecast
from attnbench.progress.going import Going
from attnbench.progress.preview import preview
from attnbench.running import planned
from bench.cluster.driver import drive
from bench.cluster.scheduling import Scheduler
from results.cluster_folder import Cluster, load_cluster
from results.cluster_store import ClusterStore
from results.records import SCHEMA_VERSION, Failed, FailureKind, Latency, Measured, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.cluster.driver import Kept
    from results.records import Run

#: A batch of these networks, dtypes and directions is 1,608 cases.
NETWORKS = ("resnet18_cifar", "resnet50_cifar", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
DTYPES = ("float32", "bfloat16", "float16")
DIRECTIONS = ("forward", "both")
#: Of all cases, the ones of this network run out of memory with more images than this.
LARGE, FITTING = "resnet152", 48
#: What is wanted at most.
PLANNED_S, WHOLE_S, DRIVER_S, IDLE = 20.0, 300.0, 1e-3, 0.05
MEMORY_BYTES = 2**30
#: Seconds between two looks at how far it is, as a terminal has them.
LOOK_S = 1.0


class Line(NamedTuple):
    """A row of the table."""

    what: str
    found: str
    wanted: str = ""
    holds: bool = True


def main() -> None:
    """Print the table, and what fell short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=63)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--losses", type=int, default=100, help="machines that die, about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--weigh", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.check is not None or options.weigh:
        print(json.dumps(_weighed(options.batches) if options.weigh else tally(options.check)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        lines = list(simulated(options, folder))
    width = max(len(line.what) for line in lines)
    for line in lines:
        verdict = ("holds" if line.holds else "FALLS SHORT") if line.wanted else ""
        print(f"{line.what:{width}}  {line.found:>24}  {line.wanted:>14}  {verdict}".rstrip())
    short = [line.what for line in lines if not line.holds]
    sys.exit(f"falls short: {', '.join(short)}" if short else 0)


def simulated(options: argparse.Namespace, folder: Path) -> Iterator[Line]:
    """Plan, carry out and check; yields the table."""
    run, plan_s = _planned(options.batches)
    plan_bytes = _peak_bytes()
    cases = len(run.plan.cases)
    yield Line("cases, blocks", f"{cases:,}, {len(run.plan.blocks):,}")
    yield Line("planned in", f"{plan_s:.1f} s", f"<= {PLANNED_S:g} s", plan_s <= PLANNED_S)
    yield Line("memory after planning", f"{plan_bytes / 2**20:.0f} MiB")
    weighed = _elsewhere("--weigh", "--batches", str(options.batches))
    yield Line("  the plan's, a case", f"{weighed['plan']:,.0f} bytes")
    yield Line("  with progress and queue", f"{weighed['driver']:,.0f} bytes")
    began = time.perf_counter()
    carried = _carried_out(run, options, folder)
    whole_s = plan_s + time.perf_counter() - began
    memory_bytes = _peak_bytes()
    crew = carried.crew
    each_s = carried.driver_s / cases
    idle = crew.idle_shares()
    yield Line("workers, machines lost", f"{options.workers}, {crew.losses}")
    yield Line("simulated hours", f"{crew.now_s / 3600:.1f}")
    yield Line("plan and simulation in", f"{whole_s:.0f} s", f"<= {WHOLE_S:g} s", whole_s <= WHOLE_S)
    yield Line("driver's own time a case", f"{each_s * 1e3:.2f} ms", f"<= {DRIVER_S * 1e3:g} ms", each_s <= DRIVER_S)
    for what, seconds in carried.parts.items():
        yield Line(f"  of it, {what}", f"{seconds / cases * 1e3:.3f} ms")
    yield Line("highest memory", f"{memory_bytes / 2**20:.0f} MiB", "<= 1024 MiB", memory_bytes <= MEMORY_BYTES)
    yield Line("on disk, a case", f"{_size(folder) / cases:,.0f} bytes")
    found = f"{max(idle):.2%}, mean {sum(idle) / len(idle):.2%}"
    yield Line("idle while blocks waited", found, f"<= {IDLE:.0%}", max(idle) <= IDLE)
    yield Line("late messages, dropped", f"{crew.late}")
    yield from _checked(folder, cases)


class Carried(NamedTuple):
    """What came of the simulation, beside the folder."""

    crew: SimulatedCrew
    driver_s: float
    parts: dict[str, float]
    """Seconds of the driver's parts."""


def _weighed(batches: int) -> dict[str, float]:
    """Return the bytes that Python holds for each case of a plan, and those with what the driver knows beside it."""
    # What is there once, however many cases there are.
    _planned(1)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    run, _ = _planned(batches)
    plan, _ = tracemalloc.get_traced_memory()
    kept = (Scheduler(run.plan.blocks, lambda _: 1.0), Going(run))
    kept[1].left(0.0)
    driver, _ = tracemalloc.get_traced_memory()
    cases = len(run.plan.cases)
    return {"plan": (plan - before) / cases, "driver": (driver - before) / cases}


def _planned(batches: int) -> tuple[Run, float]:
    """Return the plan of so many batches, and the seconds that it took: torch's import is not the plan's."""
    import torch

    chosen = {
        "impls": ("*",),
        "hosts": NETWORKS,
        "batch_sizes": tuple(range(1, batches + 1)),
        "dtypes": DTYPES,
        "directions": DIRECTIONS,
        "devices": ("cpu",),
        "threads": torch.get_num_threads(),
    }
    began = time.perf_counter()
    wanted = asked(("latency",), chosen, quick=False)
    # What a terminal says before torch is imported: a plan of its own, which is dropped.
    preview(wanted.sweep, wanted.limits)
    run = planned(("latency",), chosen)
    return run, time.perf_counter() - began


def _carried_out(run: Run, options: argparse.Namespace, folder: Path) -> Carried:
    parts: dict[str, float] = dict.fromkeys(("costs of blocks", "folder begun", "blocks written", "progress"), 0.0)
    began = time.perf_counter()
    forecast = Forecast(run.plan)
    seconds = {block.cases: sum(forecast.of_case(case).seconds for case in block.cases) for block in run.plan.blocks}
    scheduler = Scheduler(run.plan.blocks, lambda block: seconds[block.cases])
    parts["costs of blocks"] = time.perf_counter() - began
    cluster = Cluster(schema_version=SCHEMA_VERSION, run_id=run.run_id, started_at=run.started_at, plan=run.plan)
    before_crew_s = time.perf_counter() - began
    faults = Faults(
        lifetime_s=sum(seconds.values()) / max(1, options.losses),
        deadly={len(run.plan.blocks) // 2},
        largest=lambda case: FITTING if case.host == LARGE else None,
    )
    with ClusterStore.create(folder, cluster) as store:
        parts["folder begun"] = time.perf_counter() - began - before_crew_s
        before_crew_s += parts["folder begun"]
        crew = SimulatedCrew(
            options.workers,
            lambda block: sum(forecast.of_case(case).seconds for case in block.cases),
            lambda: scheduler.waiting,
            faults,
            seed=options.seed,
        )

        def keep(kept: Kept) -> None:
            at = time.perf_counter()
            worker = kept.lease.worker
            machine = store.machines.get(worker) or store.machine(worker, "made up", run)
            store.keep(machine, kept.lease.place, kept.outcomes, kept.drift)
            parts["blocks written"] += time.perf_counter() - at

        going, looked = Going(run), 0.0
        for heard in drive(scheduler, crew, keep):
            at = time.perf_counter()
            going.note(heard.event, crew.now_s)
            if at - looked >= LOOK_S:
                looked = at
                going.share(crew.now_s)
            parts["progress"] += time.perf_counter() - at
        crew.wait()
        completed = time.perf_counter()
        store.complete()
        parts["machines' plans written"] = time.perf_counter() - completed
    return Carried(crew, before_crew_s + crew.driver_s + parts["machines' plans written"], parts)


def _checked(folder: Path, cases: int) -> Iterator[Line]:
    """Yield what another process has found in the folder."""
    found = _elsewhere("--check", str(folder))
    yield Line("outcomes, each once", f"{found['once']:,}", f"{cases:,}", found["once"] == cases == found["outcomes"])
    yield Line("  of them measured", f"{found['measured']:,}")
    yield Line("  with other figures", f"{found['altered']}", "0", not found["altered"])
    words = f"{found['out of memory']}, {found['skipped']}, {found['machine lost']}"
    yield Line("  no memory, skipped, lost", words)
    yield Line("machines with a run", f"{found['machines']}")
    yield Line("read again in", f"{found['seconds']:.1f} s, {found['memory'] / 2**20:.0f} MiB")


def _elsewhere(*arguments: str) -> dict[str, float]:
    """Return what this command says in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return found


def tally(folder: Path) -> dict[str, float]:
    """Return what is in a folder: outcomes, how many cases have exactly one, and how many have other figures."""
    began = time.perf_counter()
    cluster, machines = load_cluster(folder)
    read_s, read_bytes = time.perf_counter() - began, _peak_bytes()
    outcomes = [outcome for machine in machines.values() for outcome in machine.run.outcomes]
    times = Counter(outcome.case for outcome in outcomes)
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


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
