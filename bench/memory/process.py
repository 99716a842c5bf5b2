"""What the NVIDIA driver says this process holds of a GPU: tensors, caches, libraries and the driver's context."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..telemetry.boards import board_of
from ..telemetry.nvml import library

if TYPE_CHECKING:
    import torch

    from ..telemetry.nvml import Nvml


def process_bytes(device: torch.device) -> int | None:
    """Return NVML's figure for this process on this GPU, or None where NVML does not say.

    It does not in many containers, which number processes in their own way, nor without its library.
    """
    nvml = library()
    if isinstance(nvml, str):
        return None
    board = board_of(str(device))
    return None if isinstance(board, str) else held_by(nvml, board.handle, os.getpid())


def held_by(nvml: Nvml, handle: object, process: int) -> int | None:
    """Return the bytes of a GPU that a process holds, or None where NVML does not say."""
    try:
        running = nvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except nvml.NVMLError:
        return None
    # None for a process whose memory the driver may not look at.
    found = next((getattr(each, "usedGpuMemory", None) for each in running if each.pid == process), None)
    return None if found is None else int(found)
