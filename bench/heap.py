"""The state of the heap in which times are taken, the same for every case."""

from __future__ import annotations

import torch

#: Bytes that are allocated and freed before anything is timed. From then on glibc keeps up to twice as much memory
#: for itself. Before, it hands every free megabyte back to the system, and whether a call has to fetch it again, page
#: by page, depends on what others left on the heap: the same call takes 0.1 or 0.5 ms. Every program that has held the
#: weights of a network is past that. Results above 32 MiB are fetched from the system each time all the same.
HELD_BEFORE = 31 << 20


def settle_heap() -> None:
    """Have glibc keep the memory that results of up to 32 MiB come and go in."""
    torch.empty(HELD_BEFORE, dtype=torch.uint8).fill_(1)
