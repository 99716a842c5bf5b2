"""How float32 is computed on CUDA: in full, or in TF32, which keeps 10 of the 23 bits of its fraction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

TF32 = "tf32"
FULL = "ieee"


class Switch(Protocol):
    """What torch computes one kind of operation by."""

    fp32_precision: str


def convolutions() -> Switch:
    """Return the switch of convolutions, which is at ``tf32`` unless somebody turns it."""
    found: Switch = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # torch's annotations lack it
    return found


def products() -> Switch:
    """Return the switch of products of matrices, which is not at ``tf32`` unless somebody turns it."""
    return torch.backends.cuda.matmul


def precision(switch: Switch) -> str:
    """Return how this process computes: ``tf32``, or ``ieee`` for float32 in full."""
    # "none": nobody has asked for less.
    return TF32 if switch.fp32_precision == TF32 else FULL


@contextmanager
def full_float32() -> Iterator[None]:
    """Compute float32 in full inside the ``with`` block; the process's settings come back after it."""
    switches = (convolutions(), products())
    before = [switch.fp32_precision for switch in switches]
    for switch in switches:
        switch.fp32_precision = FULL
    try:
        yield
    finally:
        for switch, setting in zip(switches, before, strict=True):
            switch.fp32_precision = setting
