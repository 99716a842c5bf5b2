"""Send INT, TERM and HUP to a real run at random moments, once or twice; check its status, its words and what is left.

python benchmarks/signals.py [--signals 30] [--seed 0]
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
from contextlib import suppress
from pathlib import Path

from results import load
from results.folder import RECORDS

PLAN = ("latency", "--host", "none", "--impl", "se", "--impl", "eca", "--impl", "nam", "--device", "cpu")
BUDGET = ("--budget", "0.5")
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
#: From Python's own start, which nobody can arrange, to later than the run's end on an idle machine.
MOMENTS_S = (0.15, 20.0)
#: Between two signals of the same impatient user.
TWICE_S = (0.0, 0.5)
#: Between a signal and the end of the run: a worker that is building finishes that first.
LIMIT_S = 60.0


def main() -> None:
    """Print what each signal left; exit with 1 if a status, a line or a folder is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments, wrong = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory() as temporary:
        for index in range(options.signals):
            which = list(WORDS)[index % len(WORDS)]
            faults = _once(Path(temporary) / f"run {index}", which, moments, twice=index % 2 == 1)
            wrong += bool(faults)
    print(f"{options.signals} signals: {wrong} with a wrong status, line or folder")
    sys.exit(bool(wrong))


def _once(folder: Path, which: signal.Signals, moments: random.Random, *, twice: bool) -> list[str]:
    run = subprocess.Popen(
        [sys.executable, "-m", "attnbench", "run", "--quiet", *PLAN, *BUDGET, "--out", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    after_s = moments.uniform(*MOMENTS_S)
    with suppress(subprocess.TimeoutExpired):
        run.wait(after_s)
    ended = run.poll() is not None
    run.send_signal(which)
    if twice:
        time.sleep(moments.uniform(*TWICE_S))
        run.send_signal(which)
    sent = time.monotonic()
    try:
        output, errors = run.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        run.kill()
        output, errors = run.communicate()
        errors += "\nstood still"
    faults = [] if ended else _faults(run.returncode, which, output + errors)
    faults += _left(folder)
    print(
        f"{which.name}{' twice' if twice else ''} after {after_s:4.1f} s: "
        f"{'had ended' if ended else f'status {run.returncode} in {time.monotonic() - sent:.1f} s'}; "
        f"{'no folder' if not folder.exists() else f'{_count(folder / RECORDS)} outcomes'}"
        f"{''.join(f'; WRONG: {fault}' for fault in faults)}"
    )
    return faults


def _faults(status: int, which: signal.Signals, said: str) -> list[str]:
    """Return what is wrong with how a run ended."""
    last = said.strip().rpartition("\n")[2]
    # One that comes after the last word finds a process that has done its work and is on its way out.
    finished = status in {0, -which} and last.startswith("Wrote")
    faults = []
    if status != 128 + which and not finished:
        faults.append(f"status {status}")
    if "Traceback" in said or "stood still" in said:
        faults.append(f"said {said[-300:]!r}")
    if not finished and not last.startswith(f"attnbench: {WORDS[which]}"):
        faults.append(f"last line {last!r}")
    return faults


def _left(folder: Path) -> list[str]:
    """Return what is wrong with a folder: each case at most once, and documents of what is there."""
    if not folder.exists():
        return []
    if not (folder / "run.json").exists():
        return [f"a folder without a run: {sorted(each.name for each in folder.iterdir())}"]
    records = folder / RECORDS
    keys = Counter(json.loads(line)["key"] for line in records.read_text().splitlines()) if records.exists() else {}
    faults = [f"{key} is there twice" for key, count in keys.items() if count > 1]
    if len(load(folder).outcomes) != len(keys):
        faults.append("outcomes cannot be read")
    if keys and not (folder / "report.md").exists():
        faults.append("no report")
    return faults


def _count(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


if __name__ == "__main__":
    main()
