"""What CUDA says of the GPUs, asked in a subprocess: to ask some of it opens a context."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch

from results.records import Accelerator, Timing

from .subprocesses import subprocess_call


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpus:
    """The GPUs that CUDA shows to this user's processes, and what they compute with."""

    accelerators: tuple[Accelerator, ...]
    cuda: str | None
    cudnn: str | None
    float32_convolutions: str
    float32_products: str


@cache
def known_gpus() -> Gpus | None:
    """Return what is known of the GPUs, or None without one; asked once a process.

    Raises:
        SubprocessError: CUDA fails.

    """
    return subprocess_call(look) if torch.cuda.is_available() else None


def free_bytes(device: str, timing: Timing) -> int:
    """Return the memory of a GPU that cases can have with this timing.

    Args:
        device: such as ``cuda:0``.
        timing: state of the caches and way of launching.

    Raises:
        SubprocessError: CUDA fails.

    """
    return subprocess_call(look_for_room, device, timing)


def look() -> Gpus:
    """Ask CUDA, in this process."""
    from .precision import convolutions, precision, products

    properties = (torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count()))
    return Gpus(
        accelerators=tuple(
            Accelerator(name=each.name, memory_bytes=each.total_memory, capability=f"{each.major}.{each.minor}")
            for each in properties
        ),
        cuda=torch.version.cuda,
        cudnn=str(torch.backends.cudnn.version()),
        # As a process has them that was just started: so has a worker, whatever a program has set that runs us.
        float32_convolutions=precision(convolutions()),
        float32_products=precision(products()),
    )


def look_for_room(device: str, timing: Timing) -> int:
    """Ask CUDA, in this process; its context takes as much as a worker's will."""
    from .cuda_device import FALLBACK_FLUSH_BYTES, FLUSH_FACTOR

    free, _ = torch.cuda.mem_get_info(device)
    if timing is not Timing.COLD:
        return free
    # What the clock writes before each call, to drive everything else out of the cache.
    cache = torch.cuda.get_device_properties(device).L2_cache_size
    return free - (FLUSH_FACTOR * cache or FALLBACK_FLUSH_BYTES)
