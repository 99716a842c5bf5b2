"""Kill a training with SIGKILL at random moments, resume it each time, and compare it with one that was left alone.

Both must end with the same losses in every epoch, to the last bit. FeLU's network learns Fashion-MNIST for two epochs
with a checkpoint every few steps.

python benchmarks/train_and_kill.py [--kills 10] [--seed 0] [--steps 60]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from results import load
from results.checkpoints import FOLDER
from results.records import Measured, Run, Training

#: Seconds from the first checkpoint that a process writes, or from where it goes on, to its kill.
LIVES_S = (0.0, 3.0)
EVERY = "3"


def main() -> None:
    """Print what each kill left; exit with 1 if the losses differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    network = ("--host", "felu_net", "--impl", "se:activation=felu", "--device", "cpu", "--threads", "1")
    taught = ("--recipe", "felu", "--epochs", "2", "--steps", str(options.steps), "--checkpoint-every", EVERY)
    plan = ("train", *network, *taught)
    with tempfile.TemporaryDirectory() as temporary:
        whole, folder = Path(temporary) / "whole", Path(temporary) / "killed"
        _finish(_start([*plan, "--out", str(whole)]))
        arguments, kills = [*plan, "--out", str(folder)], 0
        while kills < options.kills and (run := _killed(arguments, folder, moments)):
            kills += 1
            print(f"kill {kills:2}: {run}", flush=True)
            arguments = ["--resume", str(folder)]
        _finish(_start(["--resume", str(folder)]))
        alone, resumed = load(whole), load(folder)
    sessions = sum(training.sessions for training in _trainings(resumed))
    same = _losses(alone) == _losses(resumed)
    print(f"{kills} kills, {sessions} sessions of {len(_trainings(resumed))} trainings; losses {_losses(resumed)}")
    print("the same losses as uninterrupted, to the last bit" if same else f"uninterrupted: {_losses(alone)}")
    sys.exit(0 if same and kills == options.kills else 1)


def _killed(arguments: list[str], folder: Path, moments: random.Random) -> str:
    """Let a run live for a while after its next checkpoint and kill it; return what it left, empty if it had ended."""
    before = _checkpoint(folder)
    run = _start(arguments)
    while _checkpoint(folder) == before and run.poll() is None:
        time.sleep(0.02)
    with suppress(subprocess.TimeoutExpired):
        run.wait(moments.uniform(*LIVES_S))
        _finish(run)
        return ""
    run.kill()
    run.communicate()
    done = len(load(folder).outcomes)
    return f"{done} trainings done, checkpoints: {', '.join(name for name, _ in _checkpoint(folder)) or 'none'}"


def _checkpoint(folder: Path) -> list[tuple[str, int]]:
    """Return the checkpoints of a run with the times at which they were written."""
    found = []
    for file in sorted((folder / FOLDER).glob("[!.]*")):
        # It goes when its training is done.
        with suppress(FileNotFoundError):
            found.append((file.name, file.stat().st_mtime_ns))
    return found


def _start(arguments: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "attnbench", "run", "--quiet", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _finish(run: subprocess.Popen[str]) -> None:
    """Wait for the end of a run that nobody kills any more; end with its errors if it went wrong."""
    _, errors = run.communicate()
    if run.returncode:
        sys.exit(errors)


def _trainings(run: Run) -> list[Training]:
    results = [outcome.result for outcome in run.outcomes if isinstance(outcome, Measured)]
    return [result for result in results if isinstance(result, Training)]


def _losses(run: Run) -> list[list[tuple[float, float]]]:
    return [[(point.train_loss, point.test_loss) for point in each.curve] for each in _trainings(run)]


if __name__ == "__main__":
    main()
