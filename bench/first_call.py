"""The first call of a module: how long it takes, and how much of that is torch.compile's."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import torch

from .uncompiled import uses_compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Its counts of code that it found instead of making it.
HITS = (("inductor", "fxgraph_cache_hit"), ("aot_autograd", "autograd_cache_hit"))


class FirstTime(NamedTuple):
    """What a first call took."""

    seconds: float
    compile_s: float | None
    """None: nothing was compiled."""
    from_cache: bool


def time_first_call(call: Callable[[], object], device: str) -> FirstTime:
    """Make a call and wait for its device."""
    with compile_watch() as compiling:
        started = time.perf_counter()
        call()
        synchronize(device)
        seconds = time.perf_counter() - started
    return FirstTime(seconds, compiling.seconds if compiling.times else None, compiling.hits > 0)


def synchronize(device: str) -> None:
    """Wait until a device has done what it was given; the CPU has."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


class Compiling:
    """What torch.compile did meanwhile."""

    def __init__(self) -> None:
        self.times = 0
        self.seconds = 0.0
        self.hits = 0
        self._started = 0.0

    def begin(self, _: object) -> None:
        """Take note that it begins."""
        self._started = time.perf_counter()

    def end(self, _: object) -> None:
        """Take note that it has ended."""
        self.times += 1
        self.seconds += time.perf_counter() - self._started


@contextmanager
def compile_watch() -> Iterator[Compiling]:
    """Watch torch.compile within the ``with`` block, if it has been imported before."""
    found = Compiling()
    if not uses_compiler():
        yield found
        return
    from torch._dynamo.callback import callback_handler

    before = _hits()
    callback_handler.register_start_callback(found.begin)
    callback_handler.register_end_callback(found.end)
    try:
        yield found
    finally:
        callback_handler.remove_start_callback(found.begin)
        callback_handler.remove_end_callback(found.end)
        found.hits = _hits() - before


def _hits() -> int:
    from torch._dynamo.utils import counters

    return sum(counters[group][name] for group, name in HITS)
