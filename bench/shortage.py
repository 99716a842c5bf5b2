"""Errors of CUDA's libraries that may mean a lack of memory: the device's free memory tells."""

from __future__ import annotations

from dataclasses import dataclass

import torch

#: In lower case. cuDNN has tried every algorithm, each of which may have wanted a workspace, or supports none for the
#: dtype or the GPU. A handle could not be made, or a library could not allocate: its device is full, or its context
#: broken, after an index out of range for one.
AMBIGUOUS = (
    "unable to find an engine",
    "valid cudnn algorithm",
    "valid convolution algorithms",
    "status_not_initialized",
    "alloc_failed",
    "allocation_failed",
    "cudnn_status_internal_error",
)
#: What libraries ask of the driver itself: handles, workspaces and the kernels that they load take some hundred MiB.
LEAST_FREE_BYTES = 2**30
#: A convolution's workspace grows with its tensors: those of a case that leaves less than this have filled the device.
LEAST_FREE_SHARE = 1 / 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Memory of a device, in bytes."""

    device: str
    free: int
    """What the driver has, and what torch's allocator would give back to it."""
    total: int

    @property
    def short(self) -> bool:
        """Whether a library may have been refused the memory that it asked for."""
        return self.free < max(LEAST_FREE_BYTES, LEAST_FREE_SHARE * self.total)

    def __str__(self) -> str:
        """``70.2 of 79.1 GiB free on cuda:0``."""
        return f"{self.free / 2**30:.1f} of {self.total / 2**30:.1f} GiB free on {self.device}"


def is_ambiguous(message: str) -> bool:
    """Return whether a message may mean a lack of memory, and may mean something else."""
    lower = message.lower()
    return any(words in lower for words in AMBIGUOUS)


def room_on(device: str) -> Room | None:
    """Return the memory that is free on a device; None for the CPU, and for a device that does not answer any more.

    Call it while the failed case still holds what it had. Blocks that torch's allocator keeps whole are free: it gives
    them back before it fails. The unused rests of blocks that are in use in part are not: nobody else can have them.
    """
    if device.partition(":")[0] != "cuda" or not torch.cuda.is_initialized():
        return None
    try:
        free, total = torch.cuda.mem_get_info(device)
        held = torch.cuda.memory_stats(device)
    except RuntimeError:
        return None
    reserved, active, rests = (
        held.get(f"{name}_bytes.all.current", 0) for name in ("reserved", "active", "inactive_split")
    )
    return Room(device=device, free=free + max(0, reserved - active - rests), total=total)
