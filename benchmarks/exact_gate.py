"""Is a worsening of each exact quantity found, and named? Is an unchanged tree ever called different?

``python benchmarks/exact_gate.py [--checks 50]`` compares versions of a small plug-in, each of which is worse than the
first in one way, as the exact tier of ``attnbench check`` does it; then the first with an equal copy of itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from attnbench.check_options import chosen_axes
from regression.audits import findings_of, judge_findings
from regression.exact_run import compare_exact
from regression.loading import load
from regression.order import AUDIT, Order
from regression.pairs import pairs_of
from results.checks import Verdict
from suites.request import requested

if TYPE_CHECKING:
    from results.checks import Judged

PLUGIN = ("attentions.py",)
SOURCE = """
import torch
from attn_impls import gate, normalizer


@gate("mine")
class Mine(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down = torch.nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.up = torch.nn.Conv2d(channels // 8, channels, 1, bias=False)

    def forward(self, x):
        pooled = self.down(x.mean((2, 3), keepdim=True))
        weights = self.up(torch.relu(pooled)).sigmoid()
        return x * weights


@normalizer("weights")
class Weights(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return torch.softmax(x, self.dim)
"""
#: Quantity, as the check names it -> what is written instead of what.
WORSE = {
    "parameters": ("channels // 8, channels, 1, bias=False", "channels // 8, channels, 1"),
    "MACs (ptflops)": ("self.down(x.mean((2, 3), keepdim=True))", "self.down(x).mean((2, 3), keepdim=True)"),
    "operators launched": ("x.mean((2, 3), keepdim=True)", "x.mean(3, keepdim=True).mean(2, keepdim=True)"),
    "bytes read": ("return x * weights", "return (x + 0) * weights"),
    "bytes written": ("return x * weights", "return (x + 0) * weights"),
    "saved bytes": ("return x * weights", "return x.sigmoid().sigmoid() * weights"),
    "peak live bytes": ("        weights = self.up", "        kept = x.clone()\n        weights = self.up"),
    "graph breaks": ("        weights = self.up", "        torch._dynamo.graph_break()\n        weights = self.up"),
    "overflow": ("torch.softmax(x, self.dim)", "x.exp() / x.exp().sum(self.dim, keepdim=True)"),
    "error": ("torch.softmax(x, self.dim)", "torch.softmax(x, self.dim) * 3 / 3"),
    "audit: ": ("return x * weights", "return x.mul_(weights)"),
}


def judged(base: str, head: str) -> list[Judged]:
    """Compare two versions of the plug-in's source, by everything that is exact."""
    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder, side) for side in ("base", "head")]
        for root, source in zip(roots, (base, head), strict=True):
            root.mkdir()
            (root / PLUGIN[0]).write_text(source, encoding="utf-8")
        sides = [load(root, PLUGIN, own_tree=False, others=roots) for root in roots]
        order = Order(
            base=roots[0],
            head=roots[1],
            plugins=PLUGIN,
            request=requested((), chosen_axes({"devices": ("cpu",)})),
            timed=False,
            threshold=0.03,
            error_rate=0.01,
            budget_s=1.0,
        )
        found: list[Judged] = []
        for pair in pairs_of(order, *sides)[0]:
            case = pair.either
            if case.suite == AUDIT:
                found.append(judge_findings(case, findings_of(case, sides[0]), findings_of(case, sides[1])))
            else:
                found += compare_exact([case], *sides)
        return found


def is_found(quantity: str, found: list[Judged]) -> bool:
    """Return whether a case is worse by this quantity."""
    worse = [each for judged in found for each in judged.differences if each.worse]
    return any(quantity in each.quantity for each in worse)


def main() -> int:
    """Print a line a quantity, and how often equals differ; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=50, help="of an unchanged tree")
    options = parser.parse_args()
    missed = 0
    for quantity, (before, after) in WORSE.items():
        assert before in SOURCE  # noqa: S101 - else nothing is planted
        found = judged(SOURCE, SOURCE.replace(before, after))
        names = sorted({each.quantity for one in found for each in one.differences if each.worse})
        missed += not is_found(quantity, found)
        print(f"{quantity:20} {'found' if is_found(quantity, found) else 'MISSED'}: {', '.join(names)}", flush=True)
    started, differing, cases = time.perf_counter(), 0, 0
    for _ in range(options.checks):
        found = judged(SOURCE, SOURCE)
        cases += len(found)
        differing += any(one.verdict is not Verdict.SAME for one in found)
    seconds = time.perf_counter() - started
    print(f"unchanged: {differing} of {options.checks} checks differ, of {cases} cases, in {seconds:.0f} s")
    return int(bool(missed or differing))


if __name__ == "__main__":
    sys.exit(main())
