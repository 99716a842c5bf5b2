"""Plans 100,000 cases, and has them carried out by 64 simulated workers: what the driver's own work takes.

python benchmarks/cluster_simulation.py [--batches 63] [--workers 64] [--losses 100] [--seed 0]

Everything is real but the workers: the plan of a sweep as ``attnbench run --on ray`` makes it, the forecast, the
scheduler, the loop that drives the workers, the display of a log, every machine's run on the disk.
The workers are on a simulated clock: a case takes two seconds, and gives 30 made-up samples, which come as bytes in a
message a case. Machines die at random moments, and others take their place; one block takes down each
machine that it is given to; some cases run out of memory. In the end a process of its own reads the folder, and sees
that every case of the plan is there exactly once, with its figures.

Exit code 1 if anything falls short.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulated_crew import Faults, SimulatedCrew

from attnbench.asking import asked
from attnbench.cluster.desk import Machine
from attnbench.cluster.going import GoingTogether
from attnbench.cluster.kept import Keeper
from attnbench.cluster.kinds import Kind
from attnbench.cluster.planning import planned_for
from attnbench.display import display_for
from attnbench.output import Output
from attnbench.progress.forecast import Forecast
from bench.cluster.crew import Joined
from bench.cluster.driver import drive
from bench.cluster.own_threads import OwnThreads
from bench.cluster.scheduling import Scheduler
from results.cluster_folder import Cluster
from results.cluster_store import ClusterStore
from results.records import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.cluster.crew import Crew, Happening
    from bench.cluster.driver import Kept
    from bench.cluster.leases import Lease
    from results.records import Block, Run

#: A batch of these networks, dtypes and directions is 1,608 cases.
NETWORKS = ("resnet18_cifar", "resnet50_cifar", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
DTYPES = ("float32", "bfloat16", "float16")
DIRECTIONS = ("forward", "both")
#: Of all cases, the ones of this network run out of memory with more images than this.
LARGE, FITTING = "resnet152", 48
#: What is wanted at most.
PLANNED_S, WHOLE_S, DRIVER_S, IDLE = 20.0, 300.0, 1e-3, 0.05
MEMORY_BYTES = 2**30
#: What a case takes, on the workers' clock: its budget, and what building it takes.
CASE_S = 2.0


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
    options = parser.parse_args()
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
    run, plan_s = planned(options.batches)
    plan_bytes = peak_bytes()
    cases = len(run.plan.cases)
    yield Line("cases, blocks", f"{cases:,}, {len(run.plan.blocks):,}")
    yield Line("planned in", f"{plan_s:.1f} s", f"<= {PLANNED_S:g} s", plan_s <= PLANNED_S)
    yield Line("memory after planning", f"{plan_bytes / 2**20:.0f} MiB")
    weighed = _elsewhere("weigh", str(options.batches))
    yield Line("  the plan's, a case", f"{weighed['plan']:,.0f} bytes")
    yield Line("  with progress and queue", f"{weighed['driver']:,.0f} bytes")
    began = time.perf_counter()
    carried = _carried_out(run, options, folder)
    whole_s = plan_s + time.perf_counter() - began
    memory_bytes = peak_bytes()
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


class Greeting:
    """A crew whose machines get their folders when they join, as those of a real cluster do."""

    def __init__(self, crew: Crew, keeper: Keeper, run: Run) -> None:
        self._crew, self._keeper, self._run = crew, keeper, run
        self.threads: dict[str, int] = {}

    def start(self, lease: Lease, block: Block) -> None:
        """Hand the block on."""
        self._crew.start(lease, block)

    def wait(self) -> Sequence[Happening]:
        """Take in whoever joins."""
        happened = self._crew.wait()
        for each in happened:
            if isinstance(each, Joined):
                environment = self._run.environment
                self.threads[each.worker] = environment.threads
                kind = Kind(each.kind, environment)
                self._keeper.joined(Machine(each.worker, each.worker, kind, environment, cores=()))
        return happened


def planned(batches: int) -> tuple[Run, float]:
    """Return the plan of so many batches, and the seconds that it took: torch's import is not the plan's."""
    chosen = {
        "impls": ("*",),
        "hosts": NETWORKS,
        "batch_sizes": tuple(range(1, batches + 1)),
        "dtypes": DTYPES,
        "directions": DIRECTIONS,
        "devices": ("cpu",),
    }
    importlib.import_module("torch")
    began = time.perf_counter()
    run = planned_for(asked(("latency",), chosen, quick=False), have_gpus=False)
    return run, time.perf_counter() - began


def _carried_out(run: Run, options: argparse.Namespace, folder: Path) -> Carried:
    parts: dict[str, float] = defaultdict(float)
    with _timed(parts, "queue, folder begun"):
        forecast = Forecast(run.plan)

        def seconds(block: Block) -> float:
            return sum(forecast.of_case(case).seconds for case in block.cases)

        scheduler = Scheduler(run.plan.blocks, seconds)
        going = GoingTogether(run.plan, 1, (), lambda: len(scheduler.workers))
        store = ClusterStore.create(folder, _cluster(run))
    faults = Faults(
        lifetime_s=CASE_S * len(run.plan.cases) / max(1, options.losses),
        deadly={len(run.plan.blocks) // 2},
        largest=lambda case: FITTING if case.host == LARGE else None,
    )
    with store, redirect_stderr(StringIO()):
        crew = SimulatedCrew(
            options.workers,
            lambda block: CASE_S * len(block.cases),
            lambda: scheduler.waiting,
            faults,
            seed=options.seed,
        )
        keeper = Keeper(store, run)
        greeting = Greeting(crew, keeper, run)

        def keep(kept: Kept) -> None:
            with _timed(parts, "blocks written"):
                keeper.keep(kept)

        said = Output(progress=True, summary=True, tables_to_stderr=False)
        with display_for(run, said, going) as display:
            for heard in drive(scheduler, OwnThreads(greeting, greeting.threads), keep):
                at = time.perf_counter()
                display.show(heard.event)
                parts["display"] += time.perf_counter() - at
            crew.wait()
        with _timed(parts, "machines' plans written"):
            store.complete()
    own_s = crew.driver_s + parts["queue, folder begun"] + parts["machines' plans written"]
    return Carried(crew, own_s, parts)


@contextmanager
def _timed(parts: dict[str, float], what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    parts[what] += time.perf_counter() - began


def _cluster(run: Run) -> Cluster:
    return Cluster(schema_version=SCHEMA_VERSION, run_id=run.run_id, started_at=run.started_at, plan=run.plan)


def _checked(folder: Path, cases: int) -> Iterator[Line]:
    """Yield what another process has found in the folder."""
    found = _elsewhere("tally", str(folder))
    yield Line("outcomes, each once", f"{found['once']:,}", f"{cases:,}", found["once"] == cases == found["outcomes"])
    yield Line("  of them measured", f"{found['measured']:,}")
    yield Line("  with other figures", f"{found['altered']}", "0", not found["altered"])
    words = f"{found['out of memory']}, {found['skipped']}, {found['machine lost']}"
    yield Line("  no memory, skipped, lost", words)
    yield Line("machines with a run", f"{found['machines']}")
    yield Line("read again in", f"{found['seconds']:.1f} s, {found['memory'] / 2**20:.0f} MiB")


def _elsewhere(*arguments: str) -> dict[str, float]:
    """Return what another process finds."""
    command = [sys.executable, str(Path(__file__).with_name("cluster_tally.py")), *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return found


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def peak_bytes() -> int:
    """Return the highest memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
