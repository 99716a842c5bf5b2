"""Kill a run with SIGKILL at random moments, resume it each time, and check that every case is there exactly once.

python tests/figures/kill_and_resume.py [--kills 20] [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from results import load
from results.records import Measured

PLAN = ("latency", "--host", "none", "--impl", "s*", "--impl", "p*", "--device", "cpu", "--budget", "1.0")


def main() -> None:
    """Print what each kill left; exit with 1 if a case is lost or there twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        arguments = [*PLAN, "--out", str(folder)]
        for kill in range(1, options.kills + 1):
            after_s = moments.uniform(2.0, 14.0)
            ended = _run_and_kill(arguments, after_s)
            lines, samples = _count(folder / "records.jsonl"), _count(folder / "samples.jsonl")
            print(f"kill {kill:2} after {after_s:4.1f} s ({ended}): {lines} outcomes, {samples} samples in the journal")
            if (folder / "run.json").exists():
                arguments = ["--resume", str(folder)]
        finished = _start(["--resume", str(folder)])
        _, errors = finished.communicate()
        if finished.returncode:
            sys.exit(errors)
        run = load(folder)
        keys = Counter(json.loads(line)["key"] for line in (folder / "records.jsonl").read_text().splitlines())
    measured = sum(isinstance(outcome, Measured) for outcome in run.outcomes)
    twice = [key for key, count in keys.items() if count > 1]
    print(f"{len(run.plan.cases)} cases planned, {len(keys)} keys recorded, {len(twice)} twice, {measured} measured")
    complete = len(keys) == len(run.plan.cases) == len(run.outcomes) == measured
    sys.exit(0 if complete and not twice else "a case is lost, failed or there twice")


def _start(arguments: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench", "run", "--quiet", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _run_and_kill(arguments: list[str], after_s: float) -> str:
    process = _start(arguments)
    time.sleep(after_s)
    if process.poll() is not None:
        return f"had ended with status {process.returncode}: {process.stderr.read().strip() if process.stderr else ''}"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return "killed"


def _count(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


if __name__ == "__main__":
    main()
