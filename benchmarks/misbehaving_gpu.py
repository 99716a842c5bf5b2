"""A plug-in of gates that fail on the GPU, each in another way; without one they do what comes nearest to it."""

from __future__ import annotations

import sys
import time

import torch
from torch import Tensor, nn

from attn_impls import gate

#: Of one piece in which the card is filled.
PIECE_BYTES = 2**30
#: The device is busy for so long at most: it must come to an end by itself.
BUSY_S = 60.0
#: Above the clock of any GPU so far: what is held for too long only costs time.
CLOCK_HZ = 2e9


class AssertsOnTheDevice(nn.Module):
    """Looks up a row that is not there: an assertion fails in the kernel, and the CUDA context is lost."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.ones(channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        beyond = torch.full((1,), len(self.table), device=x.device)
        return x * self.table[beyond]


class FillsTheCard(nn.Module):
    """Allocates until nothing is left."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_cuda:
            # The CPU's memory is not filled: it is everybody's.
            msg = "CUDA out of memory. Tried to allocate 1.00 GiB."
            raise torch.OutOfMemoryError(msg)
        pieces = []
        while True:
            pieces.append(torch.ones(PIECE_BYTES, dtype=torch.uint8, device=x.device))


class HangsOnTheDevice(nn.Module):
    """Launches a kernel that keeps the device busy for a minute, and waits for it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        print("about to keep the device busy", file=sys.stderr)
        if x.is_cuda:
            # The only kernel that does nothing for long.
            torch.cuda._sleep(int(BUSY_S * CLOCK_HZ))  # type: ignore[no-untyped-call]  # noqa: SLF001 - see above
            torch.cuda.synchronize(x.device)
        else:
            time.sleep(BUSY_S)
        return x * self.scale


#: Class -> the kind of its outcome.
EXPECTED: dict[type[nn.Module], str] = {
    AssertsOnTheDevice: "exception",
    FillsTheCard: "out of memory",
    HangsOnTheDevice: "hang",
}
for kind in EXPECTED:
    gate(f"bad/{kind.__name__}")(kind)
