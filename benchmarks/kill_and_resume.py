"""Kill with SIGKILL at random moments, and check that every case of a run is there exactly once.

First the whole run, which is resumed each time: every case is measured. Then the worker process alone, which is
replaced each time: a kill costs at most the case that was at hand. Then the guard alone, which a run can do without.

python benchmarks/kill_and_resume.py [--kills 20] [--seed 0] [--whom run|worker|guard|all] [--clock-back]

With ``--clock-back``, each time that the run goes on, the machine's clock is a day behind what it was before.
"""

from __future__ import annotations

import argparse
import json
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

from results import load
from results.folder import RECORDS
from results.journal import SAMPLES
from results.records import Failed, FailureKind, Measured

PLAN = (
    "latency",
    "--host",
    "none",
    "--impl",
    "s*",
    "--impl",
    "p*",
    "--device",
    "cpu",
    "--budget",
    "1.0",
    "--precision",
    "0.0001",
)
#: Seconds from the first thing that a process writes to its kill.
LIVES_S = (0.5, 9.0)
#: What the command of a child has in it.
PROGRAMS = {"worker": b"pickle.load(sys.stdin.buffer)", "guard": b"guard.py"}
#: How many of its children one run can lose: a worker is replaced, a guard is not.
KILLS_OF_A_RUN = {"worker": None, "guard": 1}
#: A shorter plan, where each run has one kill alone.
SHORT = ("latency", "--host", "none", "--impl", "s*", "--device", "cpu", "--budget", "0.1", "--direction", "forward")
#: Every so many kills it is from its start, which takes as long on an idle machine. Not more often: workers that are
#: killed one after the other while they import torch end a run, as they should.
FROM_ITS_START = 4


def main() -> None:
    """Print what each kill left; exit with 1 if a case is lost, there twice, or failed without a cause."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--whom", choices=("run", "worker", "guard", "all"), default="all")
    parser.add_argument("--clock-back", action="store_true", help="needs the Debian package faketime")
    options = parser.parse_args()
    good = True
    if options.whom in {"run", "all"}:
        good &= _kill_runs(options.kills, random.Random(options.seed), clock_back=options.clock_back)
    for whom in ("worker", "guard"):
        if options.whom in {whom, "all"}:
            good &= _kill_children(whom, options.kills, random.Random(options.seed))
    sys.exit(0 if good else "a case is lost, there twice, or failed where it had no cause to")


def _kill_runs(kills: int, moments: random.Random, *, clock_back: bool) -> bool:
    """Kill one run again and again; return whether each case is measured exactly once in the end."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        arguments = [*PLAN, "--out", str(folder)]
        for kill in range(1, kills + 1):
            run = _start(arguments, days_back=kill if clock_back else 0)
            after_s = _lives(run, folder, kill, moments)
            run.kill()
            _, errors = run.communicate()
            ended = "killed" if run.returncode == -signal.SIGKILL else f"had ended: {errors.strip()}"
            lines, samples = _count(folder / RECORDS), _count(folder / SAMPLES)
            print(f"kill {kill:2} after {after_s:4.1f} s ({ended}): {lines} outcomes, {samples} samples in the journal")
            if (folder / "run.json").exists():
                arguments = ["--resume", str(folder)]
        _finish(_start(["--resume", str(folder)]))
        planned, measured, failed = _tally(folder)
        keys = _keys(folder)
    twice = sum(count > 1 for count in keys.values())
    print(f"run: {planned} cases planned, {len(keys)} keys recorded, {twice} twice, {measured} measured")
    return planned == len(keys) == measured and not twice and not failed


def _kill_children(whom: str, kills: int, moments: random.Random) -> bool:
    """Kill workers, or guards, of one run after the other; return whether each cost no more than the case at hand."""
    killed, good, most = 0, True, KILLS_OF_A_RUN[whom]
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        while killed < kills:
            totals["runs"] += 1
            folder = Path(temporary) / f"run {totals['runs']}"
            run = _start([*(SHORT if most else PLAN), "--out", str(folder)])
            failed, here = 0, 0
            while killed < kills and here != most:
                after_s = _lives(run, folder, killed + 1, moments)
                if run.poll() is not None:
                    break
                # What the last kill cost has been written by now.
                good &= _failures(folder) - failed <= (bool(here) and whom == "worker")
                failed, outcomes = _failures(folder), _count(folder / RECORDS)
                if _kill_child(run, PROGRAMS[whom]):
                    killed, here = killed + 1, here + 1
                    print(f"kill {killed:2} after {after_s:4.1f} s: {outcomes} outcomes, {failed} of them failed")
            _finish(run)
            planned, measured, lost = _tally(folder)
            keys = _keys(folder)
            totals.update(planned=planned, recorded=len(keys), measured=measured, killed=lost)
            totals["twice"] += sum(count > 1 for count in keys.values())
            good &= planned == len(keys) == measured + lost and lost <= (here if whom == "worker" else 0)
    print(
        f"{whom}: {killed} kills in {totals['runs']} runs: {totals['planned']} cases planned, "
        f"{totals['recorded']} keys recorded, {totals['twice']} twice, {totals['measured']} measured, "
        f"{totals['killed']} failed as killed by SIGKILL"
    )
    return good and not totals["twice"]


def _start(arguments: list[str], days_back: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "attnbench", "run", "--quiet", *arguments]
    # Not by the command faketime: a kill would hit that, and not the run.
    clock = {"LD_PRELOAD": str(_library()), "FAKETIME": f"-{days_back}d"} if days_back else {}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **clock}
    )


def _library() -> Path:
    """Return the library that shows a process another time."""
    found = sorted(Path("/usr/lib").glob("**/libfaketimeMT.so.1"))
    if not found:
        sys.exit("there is no libfaketime; apt-get install faketime")
    return found[0]


def _finish(run: subprocess.Popen[str]) -> None:
    """Wait for the end of a run that nobody kills any more; end with its errors if it went wrong."""
    _, errors = run.communicate()
    if run.returncode:
        sys.exit(errors)


def _lives(run: subprocess.Popen[str], folder: Path, kill: int, moments: random.Random) -> float:
    """Let a run live until it is to be killed, or ends; return how many seconds that was."""
    started, written = time.monotonic(), _written(folder)
    left_s = moments.uniform(*LIVES_S)
    if kill % FROM_ITS_START:
        while _written(folder) == written and run.poll() is None:
            time.sleep(0.05)
    with suppress(subprocess.TimeoutExpired):
        run.wait(left_s)
    return time.monotonic() - started


def _kill_child(run: subprocess.Popen[str], program: bytes) -> bool:
    """Kill the run's child that has this in its command; return whether there was one."""
    # A child is listed under the thread that started it.
    lists = Path(f"/proc/{run.pid}/task").glob("*/children")
    for child in [child for children in lists for child in children.read_text().split()]:
        with suppress(OSError):
            if program in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
                return True
    return False


def _tally(folder: Path) -> tuple[int, int, int]:
    """Return how many cases were planned, measured, and failed because a worker was killed."""
    run = load(folder)
    measured = sum(isinstance(outcome, Measured) for outcome in run.outcomes)
    killed = sum(
        isinstance(outcome, Failed) and outcome.kind is FailureKind.CRASH and "SIGKILL" in outcome.error
        for outcome in run.outcomes
    )
    return len(run.plan.cases), measured, killed


def _keys(folder: Path) -> Counter[str]:
    return Counter(json.loads(line)["key"] for line in (folder / RECORDS).read_text().splitlines())


def _written(folder: Path) -> int:
    files = (folder / RECORDS, folder / SAMPLES)
    return sum(file.stat().st_size for file in files if file.exists())


def _failures(folder: Path) -> int:
    file = folder / RECORDS
    return file.read_text().count('"type":"failed"') if file.exists() else 0


def _count(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


if __name__ == "__main__":
    main()
