"""The fused HardSoftmax on the CPU against torch.softmax, the form as written, what torch.compile makes, and a copy.

Run it with ``python tests/figures/fused_cpu.py [--rounds 25] [--threads 1 2]``. All candidates of a cell take turns in
random order, a sample each a round; a ratio is the median of the ratios within rounds, with its 95% interval. The first
run compiles the kernels and takes minutes. What is demanded of the kernels is printed at the end, and whether it holds.
"""

from __future__ import annotations

import argparse
import gc
import random
from dataclasses import dataclass
from math import prod
from statistics import geometric_mean, median
from typing import TYPE_CHECKING

import torch

from attn_impls.kernels import operators
from attn_impls.normalizers import HardSoftmax, HardSoftmaxAsWritten
from bench.clocks import CpuClock
from bench.sampling import calls_per_sample, warm_up
from results.intervals import median_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Normalizer = Callable[[Tensor], Tensor]

#: Shape and dimension: branches of a selective kernel, attention over 197 tokens, and rows of a classifier.
CASES = (((256, 2, 256), 1), ((64, 8, 197, 197), 3), ((4096, 1000), 1))
#: Where the share of the copy's bandwidth is asked for.
WIDE = ((4096, 1000), 1)
WARM_UP_S = 0.5
#: Bytes that are allocated and freed before anything is timed. From then on glibc keeps up to twice as much memory
#: for itself. Before, it hands every free megabyte back to the system, and whether a call has to fetch it again, page
#: by page, depends on what others left on the heap: the same call takes 0.1 or 0.5 ms. Every program that has held the
#: weights of a network is past that. Results above 32 MiB are fetched from the system each time all the same.
HELD_BEFORE = 31 << 20
DIRECTIONS = ("forward", "forward+backward")

#: What is demanded: times as fast as torch.softmax in the geometric mean over the shapes, in every cell, times as fast
#: as the form as written, and the share of the copy's bandwidth.
GEOMETRIC_MEAN = {"forward": 2.0, "forward+backward": 1.5}
EVERY_CELL = 1.0
AS_WRITTEN = 3.0
OF_THE_COPY = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times as long one takes as another: the median of the rounds' ratios, with its 95% interval."""

    value: float
    low: float
    high: float


def ratio(seconds: list[float], of: list[float]) -> Ratio:
    """Compare two candidates round by round."""
    ratios = [above / below for above, below in zip(seconds, of, strict=True)]
    low, high = median_interval(ratios, 0.95) or (min(ratios), max(ratios))
    return Ratio(value=median(ratios), low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the table."""

    shape: tuple[int, ...]
    threads: int
    direction: str
    ratios: dict[str, Ratio]
    """Candidate -> how many times as long it takes as the fused kernel."""
    fused_s: float
    copy_s: float
    """Of ``y.copy_(x)``, into memory that is there."""

    @property
    def bytes_moved(self) -> int:
        """Of a forward pass or a copy: each element is read and written."""
        return 2 * prod(self.shape) * torch.float32.itemsize


def candidates(dim: int) -> dict[str, Normalizer]:
    """Return what is compared; the fused kernel comes first."""
    hard_softmax = HardSoftmax(dim)
    return {
        "fused": lambda x: operators.hard_softmax(x, dim),
        "softmax": lambda x: torch.softmax(x, dim),
        "as written": HardSoftmaxAsWritten(dim),
        "compiled softmax": torch.compile(lambda x: torch.softmax(x, dim), fullgraph=True),
        "compiled HardSoftmax": torch.compile(hard_softmax, fullgraph=True),
        "fused softmax": lambda x: operators.softmax(x, dim),
    }


def forward(normalizer: Normalizer, x: Tensor) -> Callable[[], object]:
    """Return inference."""

    def call() -> object:
        with torch.inference_mode():
            return normalizer(x)

    return call


def forward_and_backward(normalizer: Normalizer, x: Tensor, grad: Tensor) -> Callable[[], object]:
    """Return a step of training, without the addition to a gradient that is already there."""
    leaf = x.clone().requires_grad_()
    return lambda: torch.autograd.grad(normalizer(leaf), leaf, grad)


def measure(
    shape: tuple[int, ...], dim: int, *, direction: str, threads: int, rounds: int, order: random.Random
) -> Cell:
    """Time one cell: every candidate and the copy, interleaved."""
    seeded = torch.Generator().manual_seed(0)
    x, grad = (torch.randn(shape, generator=seeded) for _ in range(2))
    result = torch.empty_like(x)
    calls = {
        name: forward(normalizer, x) if direction == "forward" else forward_and_backward(normalizer, x, grad)
        for name, normalizer in candidates(dim).items()
    }
    calls["copy"] = lambda: result.copy_(x)
    clock = CpuClock()
    number = {name: calls_per_sample(warm_up(call, clock, WARM_UP_S).call_s, clock) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in order.sample(list(calls), len(calls)):
                # Untimed: what another candidate left in the caches and on the heap is not what is compared.
                clock.time(calls[name], number[name])
                seconds[name].append(clock.time(calls[name], number[name]) / number[name])
    finally:
        gc.enable()
    return Cell(
        shape=shape,
        threads=threads,
        direction=direction,
        ratios={name: ratio(taken, seconds["fused"]) for name, taken in seconds.items() if name != "fused"},
        fused_s=median(seconds["fused"]),
        copy_s=median(seconds["copy"]),
    )


def measured(threads: list[int], rounds: int) -> list[Cell]:
    """Time all cells, and say on the way what has been done."""
    torch.empty(HELD_BEFORE, dtype=torch.uint8).fill_(1)
    order = random.Random(0)
    cells = []
    for count in threads:
        torch.set_num_threads(count)
        # What is compiled is compiled for a number of threads.
        torch.compiler.reset()
        for shape, dim in CASES:
            for direction in DIRECTIONS:
                cells.append(measure(shape, dim, direction=direction, threads=count, rounds=rounds, order=order))
                print(line(cells[-1]), flush=True)
    return cells


NAMES = ("softmax", "as written", "compiled softmax", "compiled HardSoftmax", "fused softmax")


def head() -> str:
    """Return the table's first line."""
    return f"{'shape':18} {'threads':>7} {'direction':17}" + "".join(f"{name:>26}" for name in NAMES) + "   fused, copy"


def line(cell: Cell) -> str:
    """Return a cell's line: ratios to the fused kernel's time, its median, and GB/s of it and of the copy."""
    texts = [_text(cell.ratios[name]) for name in NAMES]
    speeds = f"   {cell.fused_s * 1e6:.0f} us, {cell.copy_s * 1e6:.0f} us"
    if cell.direction == "forward":
        speeds += f"; {cell.bytes_moved / cell.fused_s / 1e9:.1f} and {cell.bytes_moved / cell.copy_s / 1e9:.1f} GB/s"
    shape = "×".join(map(str, cell.shape))
    return f"{shape:18} {cell.threads:7} {cell.direction:17}" + "".join(f"{text:>26}" for text in texts) + speeds


def _text(value: Ratio) -> str:
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"


def verdicts(cells: list[Cell]) -> list[str]:
    """Return one line for each demand, with what was found."""
    found: list[tuple[str, float, float]] = []
    for threads in dict.fromkeys(cell.threads for cell in cells):
        here = [cell for cell in cells if cell.threads == threads]
        for direction in DIRECTIONS:
            there = [cell.ratios["softmax"].value for cell in here if cell.direction == direction]
            name = f"{threads} thread(s), {direction}"
            found.append((f"{name}: softmax / fused, geometric mean", geometric_mean(there), GEOMETRIC_MEAN[direction]))
            found.append((f"{name}: softmax / fused, least", min(there), EVERY_CELL))
            least = min(cell.ratios["as written"].value for cell in here if cell.direction == direction)
            found.append((f"{name}: as written / fused, least", least, AS_WRITTEN))
        wide = next(cell for cell in here if cell.shape == WIDE[0] and cell.direction == "forward")
        found.append(
            (
                f"{threads} thread(s), forward of 4096×1000: share of y.copy_(x)'s bandwidth",
                wide.ratios["copy"].value,
                OF_THE_COPY,
            )
        )
    return [
        f"{'holds' if value >= wanted else 'FALLS SHORT':11} {name}: {value:.2f}, wanted {wanted}"
        for name, value, wanted in found
    ]


def main() -> None:
    """Print the table and what follows from it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    print(f"computed by: {operators.implementation()}; torch {torch.__version__}; {options.rounds} rounds")
    print(
        "times as long as the fused HardSoftmax takes, with 95% intervals; medians of the fused one and of y.copy_(x)"
    )
    print(head())
    print(*verdicts(measured(options.threads, options.rounds)), sep="\n")


if __name__ == "__main__":
    main()
