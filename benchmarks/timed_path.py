"""Has the timed path grown? The time of calls of some 5 us, as this version measures it and as another one does.

Run it with ``python benchmarks/timed_path.py REF [--pairs N]``. Both versions run ``attnbench.run`` on logit functions
in processes of their own, in turn, which of them first being drawn. What is between the calls that are timed counts as
it would in a run: a sample that starts with colder caches takes longer. Prints this version's median ÷ the other's for
each function: the median of the pairs, with the interval that the sign test gives it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

from regression.worktrees import base

ROOT = Path(__file__).parents[1]
#: What each process does, whatever the version: only what the Python API promises.
PROGRAM = """
import json, statistics, sys
from attnbench import run
found = run("operators", impls=sys.argv[1].split(","), logits=["1x8"], threads=1, budget_s=float(sys.argv[2]),
            precision=0.001, directions=["forward"], progress=False)
print(json.dumps({each.case.implementation: statistics.median(each.result.samples.seconds)
                  for each in found.outcomes}))
"""
FUNCTIONS = "softmax,sigmoid"


def medians_s(tree: Path, budget_s: float) -> dict[str, float]:
    """Return the seconds of a call of each function, as a version measures them."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, FUNCTIONS, str(budget_s)],
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def interval(ratios: list[float]) -> tuple[float, float]:
    """Return the order statistics between which the median lies with a probability of 95% or more, or all there is."""
    ordered, total = sorted(ratios), len(ratios)
    outside, left_out = 0.0, 0
    while left_out < total // 2:
        outside += 2 * _binomial(total, left_out)
        if outside > 0.05:
            break
        left_out += 1
    index = max(left_out - 1, 0)
    return ordered[index], ordered[total - 1 - index]


def _binomial(total: int, index: int) -> float:
    from math import comb

    return comb(total, index) * 0.5**total


def main() -> None:
    """Print a line a function."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", metavar="REF", help="branch, tag, commit or folder")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--budget", type=float, default=1.0, help="seconds a function")
    arguments = parser.parse_args()
    draw = random.Random(0)
    pairs: list[dict[str, dict[str, float]]] = []
    with base(arguments.reference, ROOT) as other:
        trees = {"here": ROOT, "there": other.root}
        for _ in range(arguments.pairs):
            order = draw.sample(sorted(trees), len(trees))
            pairs.append({side: medians_s(trees[side], arguments.budget) for side in order})
    for name in pairs[0]["here"]:
        ratios = [pair["here"][name] / pair["there"][name] for pair in pairs]
        low, high = interval(ratios)
        there_s = statistics.median(pair["there"][name] for pair in pairs)
        print(f"{name:16}{there_s * 1e6:8.2f} us{statistics.median(ratios):9.4f} [{low:.4f}, {high:.4f}]", flush=True)


if __name__ == "__main__":
    main()
