"""What the system says of its processors without torch, which takes seconds to import."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
#: NVIDIA's driver has a folder for each GPU here, without its library being loaded.
GPUS = Path("/proc/driver/nvidia/gpus")


def cpu_name() -> str:
    """Return the processor's marketing name where the system tells it."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Return the number of cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpu_names() -> tuple[str, ...]:
    """Return the names of NVIDIA's GPUs as the driver lists them; torch may see fewer, or none."""
    files = (facts.read_text().splitlines() for facts in sorted(GPUS.glob("*/information")))
    return tuple(line.partition(":")[2].strip() for lines in files for line in lines if line.startswith("Model:"))
