"""What a process may use, by what it measures on: how much of the CPU's memory, and whether GPUs."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

MEMORY_INFO = Path("/proc/meminfo")
OUT_OF_MEMORY_SCORE = Path("/proc/self/oom_score_adj")


def cap_cpu_memory(devices: Collection[str], *, spared: float = 0.0) -> None:
    """Make allocations beyond the memory that is available now fail, and this process the first to be killed.

    Without a cap Linux grants almost any allocation and kills some process when the pages are touched.

    Args:
        devices: what the process will measure on. With a CUDA device among them there is no cap; one that the machine
            has and nobody uses does no harm.
        spared: the share of all memory that it may not have, for whoever ends processes before all is used.

    """
    with suppress(OSError):
        # The parent keeps the records: if memory runs out all the same, it must not be the one that is killed.
        OUT_OF_MEMORY_SCORE.write_text("1000")
    available = available_bytes()
    if available is not None and spared:
        available = max(1, available - round(spared * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")))
    # CUDA reserves address space as private memory, many times what the machine has: a cap would refuse it.
    if available is not None and _cpu_alone(devices):
        resource.setrlimit(resource.RLIMIT_DATA, (available, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def environment_changes(devices: Collection[str]) -> dict[str, str]:
    """Return the variables that a process is started with beside its parent's, by what it will measure on.

    One that measures on the CPU alone sees no GPU. torch.compile initialises CUDA where it sees a GPU, whatever device
    it compiles for: the context would take memory of a GPU that nobody measures, and under the cap it cannot be opened.

    Args:
        devices: what the process will measure on.

    """
    return {"CUDA_VISIBLE_DEVICES": ""} if _cpu_alone(devices) else {}


def _cpu_alone(devices: Collection[str]) -> bool:
    return set(devices) <= {"cpu"}


def available_bytes(info: Path = MEMORY_INFO) -> int | None:
    """Return the memory that can be had without swapping, as the kernel estimates it; None where it does not."""
    if not info.exists():
        return None
    for line in info.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None
