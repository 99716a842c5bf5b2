"""One call -> Memory: the counted bytes everywhere, the allocator's and the driver's on CUDA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from msgspec.structs import replace

from .allocator import allocator_peak
from .observe import kept_bytes, observe
from .process import process_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Memory


def measure_memory(call: Callable[[], object], *, device: str, forward: Callable[[], object] | None = None) -> Memory:
    """Run the call several times, and return the bytes of a later one above what rests in memory before it.

    What rests is what the call's operators did not make: parameters, buffers, inputs, and what a module makes at its
    first call and keeps. A backward pass alone saves
    nothing, its graph was made before; what it frees of that graph does not show either.

    Args:
        call: runs what is measured; what it returns lives until it ends.
        forward: runs the part of the call that a backward pass follows, and returns its result; what it keeps by other
            means than the graph counts as saved.
        device: where its tensors are, such as ``cpu`` or ``cuda:0``; those elsewhere are not counted.

    """
    where = torch.device(device)
    call()
    counted = observe(call, where.type)
    if forward is not None:
        counted = replace(counted, saved_bytes=counted.saved_bytes + kept_bytes(forward, where.type))
    if where.type != "cuda":
        return counted
    # After the counted call, which has warmed up the libraries, and without its hooks, which hold tensors for a moment.
    peak = allocator_peak(call, where)
    return replace(
        counted,
        allocated_bytes=peak.allocated_bytes,
        reserved_bytes=peak.reserved_bytes,
        process_bytes=process_bytes(where),
    )
