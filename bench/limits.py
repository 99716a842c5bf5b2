"""Keep a measurement that asks for too much memory from taking the machine with it."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

MEMORY_INFO = Path("/proc/meminfo")
OUT_OF_MEMORY_SCORE = Path("/proc/self/oom_score_adj")


def cap_host_memory(devices: Collection[str]) -> None:
    """Make allocations beyond the memory that is available now fail, and this process the first to be killed.

    Without a cap Linux grants almost any allocation and kills some process when the pages are touched.

    Args:
        devices: what the process will measure on. With a CUDA device among them there is no cap; one that the machine
            has and nobody uses does no harm.

    """
    with suppress(OSError):
        # The parent keeps the records: if memory runs out all the same, it must not be the one that is killed.
        OUT_OF_MEMORY_SCORE.write_text("1000")
    available = available_bytes()
    # CUDA reserves address space as private memory, many times what the machine has: a cap would refuse it.
    if available is not None and set(devices) <= {"cpu"}:
        resource.setrlimit(resource.RLIMIT_DATA, (available, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def available_bytes(info: Path = MEMORY_INFO) -> int | None:
    """Return the memory that can be had without swapping, as the kernel estimates it; None where it does not."""
    if not info.exists():
        return None
    for line in info.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None
