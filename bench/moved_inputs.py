"""Where in memory an input lies, drawn anew: a call's time depends on it, and no implementation has a claim to a place.

Two equal calls on inputs of their own differ by some percent for as long as the inputs stay where they are, because of
which lines of the caches they share and with what: measuring longer finds a difference where there is none (Mytkowicz
et al. 2009, "Producing wrong data without doing anything obviously wrong!"). Drawn again and again, it is noise, and
the intervals show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from random import Random

    from torch import Tensor

#: Every allocator begins its blocks at one of these lines, and vectors are loaded as fast from any of them.
LINE_BYTES = 64
#: What a block is longer than its input by, at most: many pages, so that what is allocated after it moves along.
SLACK_BYTES = 2**20


def moved_input(x: Tensor, random: Random) -> Tensor:
    """Return a copy with the same strides, at a random line of a block of memory of random length.

    Args:
        x: dense, in whatever order.
        random: draws length and line.

    """
    size = x.element_size()
    slack = random.randrange(SLACK_BYTES // LINE_BYTES)
    line = random.randrange(slack + 1)
    block = torch.empty(x.numel() + slack * LINE_BYTES // size, dtype=x.dtype, device=x.device)
    # No view of the block, which compilers and autograd treat otherwise: a tensor of its own in the same storage.
    copy = torch.empty(0, dtype=x.dtype, device=x.device)
    copy.set_(block.untyped_storage(), line * LINE_BYTES // size, x.shape, x.stride())
    return copy.copy_(x.detach())
