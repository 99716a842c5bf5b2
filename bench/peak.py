"""How fast this process multiplies matrices at best: what other speeds are a share of."""

from __future__ import annotations

import time
from functools import cache

import torch

#: Sides of the matrices: on a CPU they fill its caches, and on a GPU all of its multiprocessors.
SIDE_CPU, SIDE_CUDA = 1024, 8192
#: The fastest of so many products counts, or of as many as are made in this time; what disturbs one makes it slower.
PRODUCTS, LONGEST_S = 8, 0.3


def peak_flops_per_s(device: str, dtype: str) -> float:
    """Return the operations a second of the fastest product of two square matrices: a multiply-accumulate is two.

    Measured once in a process for each device, dtype and number of threads; takes a tenth of a second or two.

    Args:
        device: ``cpu``, ``cuda:0``.
        dtype: of the matrices.

    """
    return _measured(device, dtype, torch.get_num_threads())


@cache
def _measured(device: str, dtype: str, threads: int) -> float:
    del threads
    side = SIDE_CPU if device == "cpu" else SIDE_CUDA
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(side, side, generator=generator).to(device=device, dtype=getattr(torch, dtype))
    into = torch.empty_like(matrix)
    taken_s: list[float] = []
    # The first one loads what multiplies.
    while len(taken_s) <= 1 or (len(taken_s) <= PRODUCTS and sum(taken_s) < LONGEST_S):
        _wait_for(device)
        started_s = time.perf_counter()
        torch.mm(matrix, matrix, out=into)
        _wait_for(device)
        taken_s.append(time.perf_counter() - started_s)
    return 2.0 * side**3 / min(taken_s[1:])


def _wait_for(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize(device)
