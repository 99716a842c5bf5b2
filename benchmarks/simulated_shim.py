"""Stands in for the simulated device of simulated_gpu.py on which calls of the project's own run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import torch
from simulated_gpu import Event, FakeDevice
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from bench.clocks import Clock
from bench.cuda_clock import CudaClock
from bench.measure import Instruments
from bench.prepared import Timed
from bench.telemetry import NoWatch

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bench.prepared import Prepare, Prepared
    from results.records import Case

LAUNCH_S = 5e-6
SHORTEST_RUN_S = 2e-6
BYTES_PER_S = 2e12


class KnownClock(Clock, Protocol):
    """Also tells what it shows for an empty call, in seconds."""

    overhead_s: float


class RealCalls(FakeDevice):
    """Computes on the CPU; each operator becomes a launch on the simulated device."""

    def chosen(self) -> AbstractContextManager[object]:  # type: ignore[override]  # FakeDevice names nullcontext
        """See every operator inside the ``with`` block."""
        return _Launches(self)


class _Launches(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, device: FakeDevice) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._device = device

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> object:
        del types
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, torch.Tensor)]
            run_s = sum(tensor.numel() * tensor.element_size() for tensor in tensors) / BYTES_PER_S
            self._device.queue(max(run_s, SHORTEST_RUN_S), launch_s=LAUNCH_S)
        return result


class _Clock(CudaClock[Event]):
    """Also tells its overhead."""

    overhead_s = 0.0


def _clock(case: Case) -> _Clock:
    device = RealCalls()
    return _Clock(device, case.timing, device.now_ns)


def _watch(case: Case) -> NoWatch:
    del case
    return NoWatch()


@dataclass(frozen=True)
class _Hashable:
    """Gives calls that a clock can keep in a dictionary."""

    prepare: Prepare

    def __call__(self, case: Case) -> Prepared:
        prepared = self.prepare(case)
        return replace(prepared, call=partial(prepared.call)) if isinstance(prepared, Timed) else prepared


def simulated_instruments(prepare: Prepare) -> Instruments:
    """Return instruments that time cases of the CPU as if they ran on the simulated GPU; they pickle."""
    return Instruments(prepare=_Hashable(prepare), clock_for=_clock, watch_for=_watch)
