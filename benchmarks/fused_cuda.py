"""The fused kernels on a GPU against torch.softmax, what torch.compile makes, and a copy.

Run it with ``python benchmarks/fused_cuda.py [--rounds 25] [--lengths 1000 4096 8192] [--dtypes float16]
[--against softmax]``. Rows of logits are several times as large as the L2 cache. All candidates of a cell take turns in
random order, a sample each a round, timed by events; a ratio is the median of the ratios within rounds, with its 95%
interval. What is demanded of the kernels is printed at the end, and whether it holds. ``--device cpu --bytes 100000``
tries the command without a GPU.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import TYPE_CHECKING

import torch
from fused_candidates import DIRECTIONS, Ratio, calls_of, candidates, dtype_named, interleaved, judged, ratio, text

from attn_impls.kernels import operators
from bench.clocks import clock_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.clocks import Clock

LENGTHS = (1000, 4096, 8192)
DTYPES = ("float16", "bfloat16", "float32")
#: One tensor is this many times as large as the L2 cache.
CACHES = 4
#: Fused function -> what it is compared with. As fast at least as each, in every cell.
CONTESTS = {
    "fused": ("softmax", "compiled softmax", "compiled HardSoftmax"),
    "fused softmax": ("softmax", "compiled softmax"),
}
AGAINST = ("softmax", "compiled softmax", "compiled HardSoftmax", "fused softmax")
AS_FAST = 1.0
#: Of a copy's bandwidth, forward: both read and write each element once.
OF_THE_COPY = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One function on rows of one length."""

    name: str
    n: int
    dtype: str
    direction: str
    ratios: dict[str, Ratio]
    """Candidate -> how many times as long it takes as the function."""
    seconds: float

    @property
    def share(self) -> float:
        """Of the copy's bandwidth. A pass forward and backward moves five tensors, a copy two."""
        return self.ratios["copy"].value * (1.0 if self.direction == "forward" else 2.5)


def bytes_of_a_tensor(device: str) -> int:
    """Return several times the size of the L2 cache."""
    return CACHES * int(torch.cuda.get_device_properties(device).L2_cache_size)


def contests(against: Sequence[str]) -> dict[str, list[str]]:
    """Return each fused function that is timed, and which of the candidates it is compared with."""
    return {
        name: [other for other in others if other in against]
        for name, others in CONTESTS.items()
        if name == "fused" or name in against
    }


def measure(
    n: int,
    dtype: str,
    direction: str,
    *,
    against: Sequence[str],
    size: int,
    device: str,
    clock: Clock,
    rounds: int,
    order: random.Random,
) -> list[Cell]:
    """Time one length: every candidate and the copy, interleaved. Give a cell for each fused function."""
    number = dtype_named(dtype)
    rows = max(size // (n * number.itemsize), 1)
    seeded = torch.Generator(device).manual_seed(0)
    x, grad = (torch.randn(rows, n, generator=seeded, device=device, dtype=number) for _ in range(2))
    calls = calls_of(candidates(1, against), x, grad, direction)
    seconds = interleaved(calls, clock, rounds, order)
    return [
        Cell(
            name=name,
            n=n,
            dtype=dtype,
            direction=direction,
            ratios={other: ratio(seconds[other], seconds[name]) for other in (*others, "copy")},
            seconds=median(seconds[name]),
        )
        for name, others in contests(against).items()
    ]


def line(cell: Cell) -> str:
    """Return a cell's line: its time, its share of the copy's bandwidth, and ratios to its time."""
    ratios = ", ".join(f"{name} {text(value)}" for name, value in cell.ratios.items() if name != "copy")
    start = f"{cell.n:5} {cell.dtype:9} {cell.direction:17} {cell.name:14}"
    return f"{start} {cell.seconds * 1e6:9.1f} us {cell.share:6.0%} of the copy; {ratios}"


def verdicts(cells: Sequence[Cell]) -> list[str]:
    """Return one line for each demand, with the least that was found."""
    found = []
    for name, direction in product(dict.fromkeys(cell.name for cell in cells), DIRECTIONS):
        here = [cell for cell in cells if (cell.name, cell.direction) == (name, direction)]
        for other in CONTESTS[name]:
            if other not in here[0].ratios:
                continue
            least = min(cell.ratios[other].value for cell in here)
            found.append((f"{name}, {direction}: {other} / {name}, least", least, AS_FAST))
        if direction == "forward":
            least = min(cell.share for cell in here)
            found.append((f"{name}, {direction}: share of y.copy_(x)'s bandwidth, least", least, OF_THE_COPY))
    return judged(found)


def main() -> None:
    """Print the table and what follows from it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=DTYPES)
    parser.add_argument("--against", nargs="+", choices=AGAINST, default=AGAINST)
    parser.add_argument("--bytes", type=int, help=f"of one tensor; {CACHES} times the L2 cache if not given")
    options = parser.parse_args()
    if options.device == "cpu" and options.bytes is None:
        parser.error("--device cpu needs --bytes: its caches are not asked for")
    size = options.bytes or bytes_of_a_tensor(options.device)
    kernels = operators.implementation(options.device)
    print(f"computed by: {kernels}; torch {torch.__version__}; {options.rounds} rounds; {size / 1e6:.1f} MB a tensor")
    print("times as long as the fused function takes, with 95% intervals")
    order, cells = random.Random(0), []
    for n, dtype, direction in product(options.lengths, options.dtypes, DIRECTIONS):
        # What is compiled is compiled anew for each cell: for all shapes it is slower. So is the clock: it keeps calls.
        if any(name.startswith("compiled") for name in options.against):
            torch.compiler.reset()
        found = measure(
            n,
            dtype,
            direction,
            against=options.against,
            size=size,
            device=options.device,
            clock=clock_for(options.device),
            rounds=options.rounds,
            order=order,
        )
        print(*map(line, found), sep="\n", flush=True)
        cells += found
    print(*verdicts(cells), sep="\n")


if __name__ == "__main__":
    main()
