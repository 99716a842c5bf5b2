"""Our median against an independent timer's, on ten cases from 5 us to 50 ms, interleaved in one process.

Run it with ``python benchmarks/agreement.py [--device cuda] [--rounds 15] [--largest 400000]``. On the CPU the other
timer is torch.utils.benchmark.Timer.blocked_autorange, on CUDA triton.testing.do_bench.
"""

from __future__ import annotations

import argparse
import random
import statistics
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch.utils.benchmark import Timer

from bench.clocks import clock_for
from bench.sampling import calls_per_sample, warm_up
from results.records import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.clocks import Clock

#: Elements of the tensors: from what takes about 5 us to about 15 ms on two cores, and two products of matrices.
SIZES = (70_000, 150_000, 400_000, 1_000_000, 3_000_000, 8_000_000, 25_000_000, 60_000_000)
PRODUCTS = (768, 1536)
#: Seconds that either timer may take for one figure.
TIME_S = 0.15


def calls(device: str, largest: int) -> dict[str, Callable[[], object]]:
    """Return the cases whose tensors have at most so many elements."""
    made: dict[str, Callable[[], object]] = {}
    for size in (size for size in SIZES if size <= largest):
        x = torch.randn(size, device=device)
        made[f"add of {size:,}"] = _adding(x, torch.empty_like(x))
    for size in (size for size in PRODUCTS if size**2 <= largest):
        m = torch.randn(size, size, device=device)
        made[f"product of {size}"] = _multiplying(m, torch.empty_like(m))
    return made


def _adding(x: torch.Tensor, out: torch.Tensor) -> Callable[[], object]:
    # Results go into the same memory: an allocation each call is the allocator's noise, not a timer's.
    return lambda: torch.add(x, x, out=out)


def _multiplying(m: torch.Tensor, out: torch.Tensor) -> Callable[[], object]:
    return lambda: torch.mm(m, m, out=out)


@cache
def clock_of(call: Callable[[], object], device: str) -> Clock:
    """Return the clock of a case, one for all rounds: what it has learned of the call stays good."""
    del call
    # As do_bench does on CUDA: the L2 cache is flushed before each call.
    return clock_for(device, Timing.COLD if device.startswith("cuda") else Timing.HOT)


def ours(call: Callable[[], object], device: str) -> float:
    """Return our median, from as many samples as fit into the time."""
    clock = clock_of(call, device)
    warm = warm_up(call, clock, TIME_S / 2)
    number = calls_per_sample(warm.call_s, clock)
    samples = max(3, round(TIME_S / (number * warm.call_s)))
    return statistics.median(clock.time(call, number) / number for _ in range(samples))


def theirs(call: Callable[[], object], device: str) -> float:
    """Return the other timer's median."""
    if device.startswith("cuda"):
        from triton.testing import do_bench

        return float(do_bench(call, warmup=25, rep=int(TIME_S * 1e3), return_mode="median")) * 1e-3
    timer = Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
    return float(timer.blocked_autorange(min_run_time=TIME_S).median)


def main() -> None:
    """Print one line a case, and the median of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--largest", type=int, default=max(SIZES), help="elements of a tensor; all cases by default")
    options = parser.parse_args()
    if options.device.startswith("cuda"):
        # The other timer knows no device but the current one.
        torch.cuda.set_device(torch.device(options.device).index or 0)
    made = calls(options.device, options.largest)
    ratios: dict[str, list[float]] = {name: [] for name in made}
    medians: dict[str, list[float]] = {name: [] for name in made}
    order = random.Random(0)
    for _ in range(options.rounds):
        for name in order.sample(list(made), len(made)):
            timers = order.sample([ours, theirs], 2)
            taken = {timer: timer(made[name], options.device) for timer in timers}
            ratios[name].append(taken[ours] / taken[theirs])
            medians[name].append(taken[theirs])
    print(f"{'case':22} {'other timer':>12} {'ours / other':>13}")
    for name in made:
        middle = statistics.median(medians[name])
        print(f"{name:22} {middle * 1e6:9.1f} us {statistics.median(ratios[name]):13.3f}")
    print(f"median ratio over the {len(made)} cases: {statistics.median(map(statistics.median, ratios.values())):.3f}")


if __name__ == "__main__":
    main()
