"""Kill nodes of a Ray cluster, and the process that drives it, at random moments: is every case there exactly once?

Then, on an idle machine: how much of its time does a node spend in calls, and how much does a local run?

python benchmarks/cluster_faults.py [--kills 10] [--seed 0] [--what node|driver|useful|all]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from local_cluster import LocalCluster, ray_folder
from msgspec.structs import replace

from results.cluster_folder import MACHINES, load_cluster
from results.folder import RECORDS
from results.records import Failed, FailureKind, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Case

#: Some forty blocks of two cases, of about two seconds each.
PLAN = (
    *("latency", "--host", "none", "--impl", "se", "--impl", "cbam", "--device", "cpu", "--threads", "1"),
    *("--batch-size", ",".join(map(str, range(1, 15))), "--budget", "0.7", "--precision", "0.0001"),
)
#: Seconds from the moment that nodes measure to a kill.
LIVES_S = (0.0, 12.0)
#: Nodes of the cluster.
NODES = 2


def main() -> None:
    """Print what each kill left; exit with 1 if a case is lost, there twice, or failed without a cause."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--what", choices=("node", "driver", "useful", "all"), default="all")
    options = parser.parse_args()
    good = True
    with ray_folder(), tempfile.TemporaryDirectory() as temporary:
        if options.what in {"node", "all"}:
            good &= _kill_nodes(options.kills, random.Random(options.seed), Path(temporary, "nodes"))
        if options.what in {"driver", "all"}:
            good &= _kill_drivers(options.kills, random.Random(options.seed), Path(temporary, "drivers"))
    if options.what in {"useful", "all"}:
        from cluster_useful_time import print_useful_time

        good &= print_useful_time()
    sys.exit(0 if good else "a case is lost, there twice, failed where it had no cause to, or a node has less time")


def _kill_nodes(kills: int, moments: random.Random, below: Path) -> bool:
    """Kill nodes of a cluster, and start another for each; return whether every case is there exactly once."""
    killed, good = 0, True
    cluster = LocalCluster()
    try:
        for _ in range(NODES):
            cluster.add("node")
        while killed < kills:
            folder = below / f"run {killed}"
            run = _start(cluster, *PLAN, "--out", str(folder))
            _wait_for_first(folder, run)
            while killed < kills and run.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    run.wait(moments.uniform(*LIVES_S))
                    break
                killed += 1
                print(f"node {killed:2}: killed after {_blocks(folder)} blocks were kept", flush=True)
                cluster.cut_off(moments.randrange(len(cluster.nodes)))
                cluster.add("node")
            _finish(run)
            good &= _judge(folder)
    finally:
        cluster.end()
    return good


def _kill_drivers(kills: int, moments: random.Random, folder: Path) -> bool:
    """Kill the process that drives again and again; return whether every case is there exactly once in the end."""
    cluster = LocalCluster()
    try:
        for _ in range(NODES):
            cluster.add("node")
        arguments: tuple[str, ...] = (*PLAN, "--out", str(folder))
        for kill in range(1, kills + 1):
            before = _written(folder)
            run = _start(cluster, *arguments)
            # Every fourth time at any moment from its start: while it connects, greets, plans.
            while kill % 4 and _written(folder) == before and run.poll() is None:
                time.sleep(0.05)
            with suppress(subprocess.TimeoutExpired):
                run.wait(moments.uniform(*LIVES_S))
            run.send_signal(signal.SIGKILL)
            _, errors = run.communicate()
            how = "killed" if run.returncode == -signal.SIGKILL else f"had ended: {errors.strip()}"
            print(f"driver {kill:2}: {how} after {_blocks(folder)} blocks were kept", flush=True)
            if (folder / "cluster.json").exists():
                arguments = ("--resume", str(folder))
        _finish(_start(cluster, *arguments))
    finally:
        cluster.end()
    return _judge(folder)


def _start(cluster: LocalCluster, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "attnbench", "run", "--quiet", *arguments, "--on", "ray"]
    return subprocess.Popen(
        [*command, "--address", cluster.address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )


def _wait_for_first(folder: Path, run: subprocess.Popen[str]) -> None:
    while not _written(folder) and run.poll() is None:
        time.sleep(0.05)


def _finish(run: subprocess.Popen[str]) -> None:
    """Wait for the end of a run that nobody kills any more; end with its errors if it went wrong."""
    _, errors = run.communicate()
    if run.returncode:
        sys.exit(errors)


def _judge(folder: Path) -> bool:
    """Print what a run has come to, and return whether each of its cases has exactly one outcome, and a good one."""
    cluster, machines = load_cluster(folder)
    found = [outcome for machine in machines.values() for outcome in machine.run.outcomes]
    counts: Counter[Case] = Counter(replace(outcome.case, threads=None) for outcome in found)
    planned = Counter(replace(case, threads=None) for case in cluster.plan.cases)
    lost = sum(isinstance(outcome, Failed) and outcome.kind is FailureKind.MACHINE_LOST for outcome in found)
    measured = sum(isinstance(outcome, Measured) for outcome in found)
    twice = sum(count > 1 for count in _lines(folder).values())
    print(
        f"{planned.total()} cases planned, {counts.total()} outcomes on {len(machines)} machines, {twice} twice, "
        f"{measured} measured, {lost} given up after three losses",
        flush=True,
    )
    return counts == planned and not twice and measured + lost == planned.total()


def _lines(folder: Path) -> Counter[str]:
    """Return how often each case stands in the files of all machines."""
    return Counter(line.partition('"key":"')[2][:16] for file in _records(folder) for line in _read(file).splitlines())


def _blocks(folder: Path) -> int:
    return sum(len(_read(file).splitlines()) for file in _records(folder)) // 2


def _written(folder: Path) -> int:
    return sum(file.stat().st_size for file in _records(folder))


def _records(folder: Path) -> Iterator[Path]:
    return (folder / MACHINES).glob(f"*/{RECORDS}")


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    main()
