"""The fused HardSoftmax on the CPU against torch.softmax, the form as written, what torch.compile makes, and a copy.

Run it with ``python benchmarks/fused_cpu.py [--rounds 25] [--threads 1 2] [--shapes 256x2x256] [--dtypes float16]
[--against softmax]``. All candidates of a cell take turns in random order, a sample each a round; a ratio is the median
of the ratios within rounds, with its 95% interval. The first run compiles the kernels and takes minutes. What is
demanded of the kernels is printed at the end, and whether it holds.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from itertools import product
from math import prod
from statistics import geometric_mean, median
from typing import TYPE_CHECKING

import torch
from fused_candidates import (
    DIRECTIONS,
    NAMES,
    Ratio,
    calls_of,
    candidates,
    dtype_named,
    interleaved,
    judged,
    ratio,
    text,
)

from attn_impls.kernels import operators
from bench.clocks import CpuClock
from bench.heap import settle_heap

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Shape -> dimension: branches of a selective kernel, attention over 197 tokens, and rows of a classifier.
CASES = {"256x2x256": 1, "64x8x197x197": 3, "256x1000": 1, "4096x1000": 1}
#: Over which the geometric mean is demanded.
USUAL = ("256x2x256", "64x8x197x197", "4096x1000")
DTYPES = ("float32", "bfloat16", "float16")
#: Where the share of the copy's bandwidth is asked for.
WIDE = "4096x1000"

#: What is demanded: times as fast as torch.softmax in every cell; of float32 also in the geometric mean over the usual
#: shapes, times as fast as the form as written, and the share of the copy's bandwidth.
GEOMETRIC_MEAN = {"forward": 2.0, "forward+backward": 1.5}
EVERY_CELL = 1.0
AS_WRITTEN = 3.0
OF_THE_COPY = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the table."""

    shape: str
    dtype: str
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
        return 2 * prod(sizes(self.shape)) * dtype_named(self.dtype).itemsize


def sizes(shape: str) -> tuple[int, ...]:
    """Parse 256x1000."""
    return tuple(map(int, shape.split("x")))


def measure(
    shape: str, dtype: str, *, direction: str, threads: int, rounds: int, against: Sequence[str], order: random.Random
) -> Cell:
    """Time one cell: every candidate and the copy, interleaved."""
    seeded = torch.Generator().manual_seed(0)
    x, grad = (torch.randn(sizes(shape), generator=seeded).to(dtype_named(dtype)) for _ in range(2))
    calls = calls_of(candidates(CASES[shape], against), x, grad, direction)
    seconds = interleaved(calls, CpuClock(), rounds, order)
    return Cell(
        shape=shape,
        dtype=dtype,
        threads=threads,
        direction=direction,
        ratios={name: ratio(taken, seconds["fused"]) for name, taken in seconds.items() if name != "fused"},
        fused_s=median(seconds["fused"]),
        copy_s=median(seconds["copy"]),
    )


def measured(options: argparse.Namespace) -> list[Cell]:
    """Time all cells, and say on the way what has been done."""
    settle_heap()
    order = random.Random(0)
    cells = []
    for count in options.threads:
        torch.set_num_threads(count)
        for shape, dtype, direction in product(options.shapes, options.dtypes, DIRECTIONS):
            # What is compiled is compiled for a number of threads, and anew for each cell: for all shapes it is slower.
            torch.compiler.reset()
            cell = measure(
                shape,
                dtype,
                direction=direction,
                threads=count,
                rounds=options.rounds,
                against=options.against,
                order=order,
            )
            print(line(cell, options.against), flush=True)
            cells.append(cell)
    return cells


def head(against: Sequence[str]) -> str:
    """Return the table's first line."""
    names = "".join(f"{name:>26}" for name in against)
    return f"{'shape':13} {'dtype':9} {'threads':>7} {'direction':17}{names}   fused, copy"


def line(cell: Cell, against: Sequence[str]) -> str:
    """Return a cell's line: ratios to the fused kernel's time, its median, and GB/s of it and of the copy."""
    texts = "".join(f"{text(cell.ratios[name]):>26}" for name in against)
    speeds = f"   {cell.fused_s * 1e6:.0f} us, {cell.copy_s * 1e6:.0f} us"
    if cell.direction == "forward":
        speeds += f"; {cell.bytes_moved / cell.fused_s / 1e9:.1f} and {cell.bytes_moved / cell.copy_s / 1e9:.1f} GB/s"
    return f"{cell.shape:13} {cell.dtype:9} {cell.threads:7} {cell.direction:17}{texts}{speeds}"


def verdicts(cells: list[Cell]) -> list[str]:
    """Return one line for each demand, with what was found; a demand on what was not measured is left out."""
    found: list[tuple[str, float, float]] = []
    for threads, direction in product(dict.fromkeys(cell.threads for cell in cells), DIRECTIONS):
        here = [cell for cell in cells if (cell.threads, cell.direction) == (threads, direction)]
        single = {cell.shape: cell.ratios for cell in here if cell.dtype == "float32"}
        name = f"{threads} thread(s), {direction}"
        for dtype in dict.fromkeys(cell.dtype for cell in here):
            there = [cell.ratios["softmax"].value for cell in here if cell.dtype == dtype and "softmax" in cell.ratios]
            if there:
                found.append((f"{name}, {dtype}: softmax / fused, least", min(there), EVERY_CELL))
        usual = [single[shape]["softmax"].value for shape in USUAL if "softmax" in single.get(shape, {})]
        if len(usual) == len(USUAL):
            found.append((f"{name}: softmax / fused, geometric mean", geometric_mean(usual), GEOMETRIC_MEAN[direction]))
        written = [ratios["as written"].value for ratios in single.values() if "as written" in ratios]
        if written:
            found.append((f"{name}: as written / fused, least", min(written), AS_WRITTEN))
        if direction == "forward" and WIDE in single:
            share = single[WIDE]["copy"].value
            found.append((f"{name} of {WIDE}: share of y.copy_(x)'s bandwidth", share, OF_THE_COPY))
    return judged(found)


def main() -> None:
    """Print the table and what follows from it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--shapes", nargs="+", choices=CASES, default=USUAL)
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=["float32"])
    parser.add_argument("--against", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    print(f"computed by: {operators.implementation()}; torch {torch.__version__}; {options.rounds} rounds")
    print(
        "times as long as the fused HardSoftmax takes, with 95% intervals; medians of the fused one and of y.copy_(x)"
    )
    print(head(options.against))
    print(*verdicts(measured(options)), sep="\n")


if __name__ == "__main__":
    main()
