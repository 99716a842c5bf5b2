"""A plug-in of thirty good gates and ten that fail, each in another way."""

from __future__ import annotations

import ctypes
import os
import sys
import time

import torch
from torch import Tensor, nn

from attn_impls import gate

GOOD = 30


class Scale(nn.Module):
    """Scales every channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class RaisesWhenBuilt(Scale):
    """Raises in its constructor."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        msg = "cannot be built"
        raise ValueError(msg)


class RaisesWhenCalled(Scale):
    """Raises in its forward pass."""

    def forward(self, x: Tensor) -> Tensor:
        msg = f"cannot take {x.dim()} dimensions"
        raise ValueError(msg)


class RaisesLater(Scale):
    """Works while it is warmed up, and raises while it is sampled."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        # Few enough to be reached also where a call takes long.
        if self.calls > 5:
            msg = "had enough"
            raise RuntimeError(msg)
        return super().forward(x)


class ReturnsNan(Scale):
    """Divides zero by zero."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - x) / (x - x)


class ExhaustsHostMemory(Scale):
    """Asks for a petabyte of the CPU's memory."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.ones(10**15) * x.sum()


class ExhaustsDeviceMemory(Scale):
    """Raises what torch raises when CUDA memory runs out; really runs out where there is a GPU."""

    def forward(self, x: Tensor) -> Tensor:
        if x.is_cuda:
            return torch.ones(10**15, device=x.device) * x.sum()
        msg = "CUDA out of memory. Tried to allocate 931322.57 GiB."
        raise torch.OutOfMemoryError(msg)


class Segfaults(Scale):
    """Reads address zero."""

    def forward(self, x: Tensor) -> Tensor:
        return x * len(ctypes.string_at(0))


class Aborts(Scale):
    """Calls abort()."""

    def forward(self, x: Tensor) -> Tensor:  # noqa: ARG002 - never gets to it
        os.abort()


class LeavesAtOnce(Scale):
    """Calls os._exit()."""

    def forward(self, x: Tensor) -> Tensor:  # noqa: ARG002 - never gets to it
        os._exit(3)


class Hangs(Scale):
    """Never returns."""

    def forward(self, x: Tensor) -> Tensor:  # noqa: ARG002 - never gets to it
        print("about to sleep", file=sys.stderr)
        while True:
            time.sleep(1)


#: Class -> the kind of its outcome.
EXPECTED: dict[type[Scale], str] = {
    RaisesWhenBuilt: "exception",
    RaisesWhenCalled: "exception",
    RaisesLater: "exception",
    ReturnsNan: "NaN output",
    ExhaustsHostMemory: "out of memory",
    ExhaustsDeviceMemory: "out of memory",
    Segfaults: "crash",
    Aborts: "crash",
    LeavesAtOnce: "exit",
    Hangs: "hang",
}
for kind in EXPECTED:
    gate(f"bad/{kind.__name__}")(kind)
for index in range(GOOD):
    # One class each: a decorator describes the class that it stands on.
    name = f"Good{index:02}"
    globals()[name] = gate(f"good/{index:02}")(type(name, (Scale,), {"__module__": __name__, "__doc__": "Good."}))
