"""Our attentions between tokens over timm's, torchvision's and PyTorch's: paired, interleaved, in one process.

Run it with ``python benchmarks/handwritten_speed.py [--threads 1] [--rounds 30] [--only mha]``; it needs timm, and for
two further pairs linformer and performer-pytorch. Weights and results are equal. For each pair it prints the median of
the paired ratios with its 95% interval, forward and both; then the geometric mean and the largest ratio. Demanded are
1.0 for the mean and 1.1 for each median; the exit code says whether they were reached.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from typing import TYPE_CHECKING

import torch
from against_timm import paired_ratios
from handwritten_pairs import PAIRS

from results.intervals import median_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handwritten_pairs import Pair
    from torch import Tensor, nn

#: Of results in float64, relative to the largest number.
TOLERANCE = 1e-10
DIRECTIONS = ("forward", "forward+backward")
LARGEST_MEAN, LARGEST = 1.0, 1.1


def check_equal(pair: Pair) -> None:
    """Refuse a pair whose results or gradients differ (ValueError)."""
    found = []
    for module in pair.made():
        leaves = [x.requires_grad_() for x in pair.inputs(torch.float64)]
        output = module.double().eval()(*leaves)
        found.append([output, *torch.autograd.grad(output.square().sum(), leaves)])
    for one, other in zip(*found, strict=True):
        error = float((one - other).detach().abs().max() / other.detach().abs().max())
        if not error <= TOLERANCE:
            msg = f"{pair.ours} and {pair.theirs} differ by {error:.1e}"
            raise ValueError(msg)


def call_of(module: nn.Module, inputs: Sequence[Tensor], direction: str) -> Callable[[], object]:
    """Return what is timed: inference, or a training step's forward and backward pass."""
    if direction == "forward":
        module.eval()

        def forward() -> object:
            with torch.inference_mode():
                return module(*inputs)

        return forward
    module.train()
    leaves = [x.clone().requires_grad_() for x in inputs]
    output = module(*leaves)
    upstream = torch.ones_like(output)
    # timm's block has more than its attention.
    wanted = [*leaves, *module.parameters()]
    given: Sequence[Tensor | None] = torch.autograd.grad(output, wanted, upstream, allow_unused=True)
    used = [each for each, gradient in zip(wanted, given, strict=True) if gradient is not None]
    return lambda: torch.autograd.grad(module(*leaves), used, upstream)


def main() -> int:
    """Print one line a pair, the mean and the largest ratio; return 1 if they are too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", metavar="NAME", help="our name")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    judged: list[float] = []
    slow: list[str] = []
    print(f"ours / theirs, {options.threads} thread(s), {options.rounds} rounds; equal to {TOLERANCE:g} in float64")
    print(f"{'ours':30} {'theirs':28} " + " ".join(f"{direction:>22}" for direction in DIRECTIONS))
    for pair in PAIRS:
        if options.only not in {None, pair.ours}:
            continue
        check_equal(pair)
        ours, theirs = pair.made()
        cells = []
        for direction in DIRECTIONS:
            calls = [call_of(module, pair.inputs(), direction) for module in (ours, theirs)]
            ratios = paired_ratios(calls[0], calls[1], options.rounds)
            middle = statistics.median(ratios)
            low, high = median_interval(ratios, 0.95) or (math.nan, math.nan)
            if pair.judged:
                judged.append(middle)
                slow += [f"{pair.ours} {direction}"] if middle > LARGEST else []
            cells.append(f"{middle:.3f} [{low:.3f}, {high:.3f}]")
        name = pair.ours if pair.judged else f"({pair.ours})"
        print(f"{name:30} {pair.theirs:28} " + " ".join(f"{cell:>22}" for cell in cells), flush=True)
    if not judged:
        return 0
    mean = math.exp(statistics.fmean(map(math.log, judged)))
    print(f"geometric mean of {len(judged)}: {mean:.3f}; largest {max(judged):.3f}; in brackets: not judged")
    print(f"too slow: {', '.join(slow) or 'none'}")
    return int(mean > LARGEST_MEAN or bool(slow))


if __name__ == "__main__":
    sys.exit(main())
