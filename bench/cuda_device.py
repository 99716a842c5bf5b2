"""A CUDA device as the clock sees it, through torch."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

#: Where the driver does not say: more than the L2 cache of any GPU so far.
FALLBACK_FLUSH_BYTES = 256 * 2**20
#: Twice the cache, since it does not strictly evict what was used longest ago.
FLUSH_FACTOR = 2
#: Above the SM clock of any GPU so far: what is held for too long only costs time.
FALLBACK_CLOCK_HZ = 3.5e9
#: torch's "CUDA graphs" note asks for a few calls before a capture, on a stream beside the default one.
WARM_UP_CALLS = 3


class CaptureError(RuntimeError):
    """A call cannot be made a CUDA graph; the message has what it did wrong."""


class BrokenCaptureError(CaptureError):
    """Nor could the capture be ended: torch's allocator, in the versions up to 2.11, believes that it goes on."""


def made_current(device: str) -> AbstractContextManager[object]:
    """Make a CUDA device the current one inside the ``with`` block; do nothing for any other."""
    return torch.cuda.device(device) if device.partition(":")[0] == "cuda" else nullcontext()


@cache
def flush_buffer(device: torch.device, size: int) -> torch.Tensor:
    """Return bytes to write: one buffer a device, for the clocks of all cases."""
    return torch.empty(size, dtype=torch.uint8, device=device)


class TorchDevice:
    """Queues work on torch's current stream of one device."""

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        properties = torch.cuda.get_device_properties(self._device)
        # In kHz, the highest that the SMs reach; not every version of torch tells it.
        self._clock_hz = getattr(properties, "clock_rate", 0) * 1e3 or FALLBACK_CLOCK_HZ
        self._flush_bytes = FLUSH_FACTOR * properties.L2_cache_size or FALLBACK_FLUSH_BYTES
        self._stream: torch.cuda.Stream | None = None

    def chosen(self) -> torch.cuda.device:
        """Make it the current device inside the ``with`` block."""
        return torch.cuda.device(self._device)

    def event(self) -> torch.cuda.Event:
        """Return a timing event, which can be recorded again and again."""
        return torch.cuda.Event(enable_timing=True)

    def record(self, event: torch.cuda.Event) -> None:
        """Put the event into the current stream."""
        event.record()

    def between(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        """Return the seconds from one event to another; both have been waited for."""
        return float(start.elapsed_time(end)) * 1e-3

    def hold(self, seconds: float) -> None:
        """Keep the device busy for at least so long: one thread counts SM cycles, no memory is touched.

        Cycles are counted at the highest clock; at a lower one the hold is longer, never shorter.
        """
        # Not documented, but what torch's own tests and tuning hold the device with; there is no other such kernel.
        torch.cuda._sleep(int(seconds * self._clock_hz))  # noqa: SLF001 - see above

    def flush(self) -> None:
        """Write more than the L2 cache can hold."""
        flush_buffer(self._device, self._flush_bytes).zero_()

    def captured(self, call: Callable[[], object]) -> Callable[[], object]:
        """Return the replay of a CUDA graph of the call, captured on the stream on which it was warmed up.

        Raises:
            CaptureError: the call does what no graph can hold, such as waiting for a value.

        """
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device)
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            for _ in range(WARM_UP_CALLS):
                call()
        current.wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        error: Exception | None = None
        try:
            with warnings.catch_warnings(), torch.cuda.graph(graph, stream=self._stream):
                # An empty call is captured too: what its replay takes is the clock's own time.
                warnings.filterwarnings("ignore", message="The CUDA Graph is empty")
                try:
                    call()
                except Exception as wrong:  # noqa: BLE001 - whatever an implementation raises, the capture must end
                    error = wrong
        except RuntimeError as ending:
            # torch has not left the stream of the capture. What the call did comes first: the end only says that
            # something was wrong before.
            torch.cuda.set_stream(current)
            raise BrokenCaptureError(_cannot_be_captured(error or ending)) from error or ending
        if error is not None:
            raise CaptureError(_cannot_be_captured(error)) from error
        return graph.replay

    def wait(self) -> None:
        """Return when the device has nothing left to do; raises what went wrong on it."""
        torch.cuda.synchronize(self._device)


def _cannot_be_captured(error: Exception) -> str:
    return f"the call cannot be captured as a CUDA graph: {(str(error).splitlines() or ['no message'])[0]}"
