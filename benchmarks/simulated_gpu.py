"""A made-up CUDA device for the clock, and what it runs."""

from __future__ import annotations

from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Event:
    """Shows when the device reached it."""

    at_s = 0.0


class FakeDevice:
    """A host and a device with a queue between them: each has its own time, and nothing really waits."""

    def __init__(self, places: int = 1024) -> None:
        """Make a queue with so many places; at a full one the host waits."""
        self._places = places
        self._done_at_s: deque[float] = deque()
        self.host_s = 0.0
        self.free_s = 0.0
        self.log: list[str] = []
        self.holds_s: list[float] = []
        self.events = 0
        self._capturing: list[float] | None = None

    def now_ns(self) -> int:
        """Return the host's time."""
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

    def chosen(self) -> nullcontext[None]:
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

    def between(self, start: Event, end: Event) -> float:
        """Return the device's seconds between two events."""
        return end.at_s - start.at_s

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
        """Let the host wait for the device."""
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
