"""A simulated GPU for the CUDA clock: a CPU and a device with a queue between them, and what runs on it.

``Kernels`` are launches without a computation. On ``RealCalls`` a call of the project's own computes on the CPU while
each of its operators becomes a launch on the simulated device. Its times are arithmetic, of no machine.
"""

from __future__ import annotations

from collections import deque
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from math import floor
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from bench.cuda_clock import CudaClock
from bench.measure import Instruments
from bench.telemetry import NoWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch._ops import OpOverload

    from bench.prepared import Prepare
    from results.records import Case


class Event:
    """Shows when the device reached it."""

    at_s = 0.0


class FakeDevice:
    """A CPU and a device with a queue between them: each has its own time, and nothing really waits."""

    def __init__(self, places: int = 1024, *, step_s: float = 0.0, event_s: float = 0.0) -> None:
        """Make a queue; at a full one the CPU waits.

        Args:
            places: of the queue.
            step_s: events show multiples of it.
            event_s: what the device takes to record one.

        """
        self._places = places
        self._step_s = step_s
        self._event_s = event_s
        self._done_at_s: deque[float] = deque()
        self.host_s = 0.0
        self.free_s = 0.0
        self.log: list[str] = []
        self.holds_s: list[float] = []
        self.events = 0
        self._capturing: list[float] | None = None

    def now_ns(self) -> int:
        """Return the CPU's time."""
        return round(self.host_s * 1e9)

    def queue(self, seconds: float, *, launch_s: float = 0.0) -> None:
        """Launch what takes the device so long, or only note it during a capture."""
        if self._capturing is not None:
            self._capturing.append(seconds)
            return
        self.host_s += launch_s
        if len(self._done_at_s) == self._places:
            self.host_s = max(self.host_s, self._done_at_s.popleft())
        self.free_s = max(self.free_s, self.host_s) + seconds
        self._done_at_s.append(self.free_s)

    def chosen(self) -> AbstractContextManager[object]:
        """There is only one device."""
        return nullcontext()

    def event(self) -> Event:
        """Return an event."""
        self.events += 1
        return Event()

    def record(self, event: Event) -> None:
        """Note when the device gets there."""
        self.log.append("event")
        event.at_s = max(self.free_s, self.host_s)
        self.free_s = event.at_s + self._event_s

    def between(self, start: Event, end: Event) -> float:
        """Return the device's seconds between two events."""
        if not self._step_s:
            return end.at_s - start.at_s
        return self._step_s * (floor(end.at_s / self._step_s) - floor(start.at_s / self._step_s))

    def hold(self, seconds: float) -> None:
        """Keep the device busy."""
        self.log.append("hold")
        self.holds_s.append(seconds)
        self.queue(seconds)

    def flush(self) -> None:
        """Take some of the device's time."""
        self.log.append("flush")
        self.queue(20e-6)

    def captured(self, call: Callable[[], object]) -> Callable[[], object]:
        """Return a replay: all that the call runs on the device, in one launch."""
        self.log.append("capture")
        self._capturing = []
        call()
        seconds, self._capturing = sum(self._capturing), None
        return lambda: self.queue(seconds, launch_s=10e-6)

    def wait(self) -> None:
        """Let the CPU wait for the device."""
        self.log.append("wait")
        self.host_s = max(self.host_s, self.free_s)


class Kernels:
    """A call that launches a number of equal kernels."""

    def __init__(self, device: FakeDevice, *, count: int, launch_s: float, run_s: float) -> None:
        self.launch_s = launch_s
        self._device = device
        self._count = count
        self._run_s = run_s

    def __call__(self) -> None:
        """Launch all of them."""
        self._device.log.append("call")
        for _ in range(self._count):
            self._device.queue(self._run_s, launch_s=self.launch_s)


#: What a launch takes the CPU, an event the device, and the events' step: as of a real GPU.
LAUNCH_S = 5e-6
EVENT_S = 1e-6
STEP_S = 32e-9


class Speed(NamedTuple):
    """Of a simulated device."""

    shortest_run_s: float
    """What no kernel is shorter than."""
    bytes_per_s: float
    """A longer kernel takes as long as its tensors' bytes."""


#: A call takes about as long on it as it takes to compute: measuring ends soon.
SLOW = Speed(shortest_run_s=1e-3, bytes_per_s=2e12)


class RealCalls(FakeDevice):
    """Runs what the project builds: computed on the CPU, timed as launches of its operators on the simulated device."""

    def __init__(self, speed: Speed = SLOW) -> None:
        """Make a device of this speed."""
        super().__init__(step_s=STEP_S, event_s=EVENT_S)
        self._speed = speed

    def chosen(self) -> AbstractContextManager[object]:
        """See every operator inside the ``with`` block."""
        return _Launches(self._launch)

    def _launch(self, tensors: Sequence[torch.Tensor]) -> None:
        run_s = sum(tensor.numel() * tensor.element_size() for tensor in tensors) / self._speed.bytes_per_s
        self.queue(max(run_s, self._speed.shortest_run_s), launch_s=LAUNCH_S)


class _Launches(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch does not type it
    """Tells of the tensors of each operator that is no view."""

    def __init__(self, launch: Callable[[Sequence[torch.Tensor]], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._launch = launch

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing in here is compiled: to keep the compiler away, torch would import it, which takes seconds."""
        return False

    def __torch_dispatch__(
        self, func: OpOverload, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> object:
        del types
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            self._launch([leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, torch.Tensor)])
        return result


def simulated_clock(case: Case, speed: Speed = SLOW) -> CudaClock[Event]:
    """Return the CUDA clock of a case, on a simulated device of its own."""
    device = RealCalls(speed)
    return CudaClock(device, case.timing, device.now_ns)


def nothing_to_watch(case: Case) -> NoWatch:
    """Return a watch that sees nothing."""
    del case
    return NoWatch()


def simulated_instruments(prepare: Prepare, speed: Speed = SLOW) -> Instruments:
    """Return instruments that time cases of the CPU as if they ran on a simulated GPU; they pickle."""
    clock_for = partial(simulated_clock, speed=speed)
    return Instruments(prepare=prepare, clock_for=clock_for, watch_for=nothing_to_watch)
