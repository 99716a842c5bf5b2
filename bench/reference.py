"""How fast is the machine now? One fixed operation, timed at the start and at the end of a block."""

from __future__ import annotations

import statistics
import time

import torch

#: Float32 numbers of which the sine is computed: arithmetic, of numbers that stay in a cache.
CPU_NUMBERS, CUDA_NUMBERS = 1 << 17, 1 << 22
#: Calls before the ones that are timed: the first of them load code and fill caches.
WARM_UP = 5
TIMED = 25


def reference_s(device: str) -> float:
    """Return the seconds that the reference operation takes, the median of some calls; all take some 10 ms.

    It uses no library that keeps memory of a device for itself, so that nothing of it is found in what is measured.

    Args:
        device: such as ``cpu`` or ``cuda:0``.

    """
    on_cuda = device.startswith("cuda")
    numbers = torch.linspace(0.0, 1.0, CUDA_NUMBERS if on_cuda else CPU_NUMBERS, device=device)
    seconds = []
    for _ in range(WARM_UP + TIMED):
        if on_cuda:
            torch.cuda.synchronize(device)
        started_s = time.perf_counter()
        numbers.sin_()
        if on_cuda:
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - started_s)
    del numbers
    if on_cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    return statistics.median(seconds[WARM_UP:])
