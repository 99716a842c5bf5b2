"""The product of a map and its gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def gated(x: Tensor, gates: Tensor) -> Tensor:
    """Return x * gates, written over ``gates`` where that changes nothing else: on a CPU, new memory costs more.

    Args:
        x: map [B, C, H, W]; stays as it is.
        gates: of the same shape; nobody else's.

    """
    # Written over, they would keep their own dtype and memory layout; and a gradient needs them as they were.
    if gates.requires_grad or gates.dtype != x.dtype or gates.stride() != x.stride():
        return x * gates
    return gates.mul_(x)
