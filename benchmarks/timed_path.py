"""Has the timed path grown? The time of calls of some 5 us, as this version measures it and as another one does.

Run it with ``python benchmarks/timed_path.py REF [--pairs N]``. Each version measures a softmax of eight logits in a
process of its own, and the two processes take their samples in turn, a millisecond each: what else the machine does
slows both alike. What a version does between samples counts, as in a run: a sample that starts with colder caches takes
longer. Memory addresses make a process faster or slower for its lifetime, so there are several pairs of processes.

Prints this version's time ÷ the other's: of each pair of processes, the median of all pairs of samples; then the median
of these with an interval by their order, of at least 95% from six pairs on. A pair of processes takes some 10 s.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
from contextlib import ExitStack
from math import comb
from pathlib import Path

from regression.worktrees import base

ROOT = Path(__file__).parents[1]
ROUNDS = 500
#: Of the intervals.
MOST_OUTSIDE = 0.05
#: What each process does, whatever the version: a sample for each line that it reads.
PROGRAM = """
import sys
from attnbench.measuring import start
from bench.heap import settle_heap
from bench.instruments import instruments
from bench.measure import Settings, measure_block
from results.records import Block, Sampled
from suites.prepare import Preparer
from suites.request import Request

try:
    from suites.surroundings import kept
    given = (Preparer(), kept)
except ImportError:  # an older version, which keeps nothing
    given = (Preparer(),)

class Never:
    precision = 0.0
    def reason(self, *_):
        return None

settle_heap()
asked = Request(suites=("operators",), impls=("softmax",), logits=("1x8",), threads=1, directions=("forward",))
case = next(each for each in start(asked).plan.cases if each.implementation == "softmax")
settings = Settings(stop=Never(), budget_s=1.0, seed=0, alone=False)
samples = (event for event in measure_block(Block(cases=(case,)), instruments(*given), settings)
           if isinstance(event, Sampled))
for line in sys.stdin:
    print(next(samples).seconds, flush=True)
"""


class Version:
    """A process that samples with the code of one version."""

    def __init__(self, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM],
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def sample_s(self) -> float:
        """Return the seconds of a call, from one sample."""
        if self._process.stdin is None or self._process.stdout is None:
            msg = "the process has no pipes"
            raise RuntimeError(msg)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def pair_of_processes(here: Path, there: Path, draw: random.Random) -> tuple[float, float]:
    """Return this version's time ÷ the other's, and the other's seconds a call."""
    with ExitStack() as stack:
        versions = {}
        for name, tree in draw.sample([("here", here), ("there", there)], 2):
            versions[name] = Version(tree)
            stack.callback(versions[name].close)
        taken: dict[str, list[float]] = {name: [] for name in versions}
        for _ in range(ROUNDS):
            for name in draw.sample(sorted(versions), 2):
                taken[name].append(versions[name].sample_s())
        ratios = [one / other for one, other in zip(taken["here"], taken["there"], strict=True)]
        return statistics.median(ratios), statistics.median(taken["there"])


def interval(ratios: list[float]) -> tuple[float, float]:
    """Return the order statistics between which the median lies with a probability of 95%, or the outermost ones."""
    ordered, total = sorted(ratios), len(ratios)
    outside, index = 0.0, -1
    while index + 1 < total / 2:
        outside += 2 * comb(total, index + 1) * 0.5**total
        if outside > MOST_OUTSIDE:
            break
        index += 1
    index = max(index, 0)
    return ordered[index], ordered[total - 1 - index]


def main() -> None:
    """Print a line a pair of processes, and one of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", metavar="REF", help="branch, tag, commit or folder")
    parser.add_argument("--pairs", type=int, default=12, help="pairs of processes")
    arguments = parser.parse_args()
    draw = random.Random(0)
    ratios = []
    with base(arguments.reference, ROOT) as other:
        for _ in range(arguments.pairs):
            ratio, there_s = pair_of_processes(ROOT, other.root, draw)
            ratios.append(ratio)
            print(f"{ratio:.4f} of {there_s * 1e6:.2f} us", flush=True)
    low, high = interval(ratios)
    print(f"median {statistics.median(ratios):.4f} [{low:.4f}, {high:.4f}]")


if __name__ == "__main__":
    main()
