"""The CUDA allocator's own figures for one call."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPeak:
    """Highest figures during a call, above those before it, in bytes."""

    allocated_bytes: int
    """In blocks that tensors and the operators' workspaces held; a block is a multiple of 512 bytes."""
    reserved_bytes: int
    """Asked of the device beyond what was reserved: less than allocated where reserved memory had room."""


def allocator_peak(call: Callable[[], object], device: torch.device) -> AllocatorPeak:
    """Run the call once and return the allocator's peaks.

    Run the call at least once before: what libraries allocate for good then counts as resting.
    """
    gc.collect()
    torch.cuda.synchronize(device)
    # Blocks that are cached from other cases would serve this one without being reserved for it.
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    allocated = torch.cuda.memory_allocated(device)
    reserved = torch.cuda.memory_reserved(device)
    call()
    torch.cuda.synchronize(device)
    return AllocatorPeak(
        allocated_bytes=torch.cuda.max_memory_allocated(device) - allocated,
        reserved_bytes=torch.cuda.max_memory_reserved(device) - reserved,
    )


class PeakSince:
    """The highest total of bytes that CUDA's allocator gives from now on, above what it has given before."""

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        self._before = 0
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
            self._before = torch.cuda.memory_allocated(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)

    def bytes(self) -> int | None:
        """Return them; None where CUDA's allocator does nothing."""
        if self._device.type != "cuda":
            return None
        return torch.cuda.max_memory_allocated(self._device) - self._before
