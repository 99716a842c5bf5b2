"""What torch's CUDA device does for the clock, against a made-up torch.cuda: buffers, and captures that fail."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch

from bench import cuda_device
from bench.cuda_device import BrokenCaptureError, CaptureError, TorchDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

END = "CUDA error: operation failed due to a previous error during capture\nCUDA kernel errors might be reported later."


class FakeCuda:
    """The streams and captures of torch.cuda: leaves the stream of a capture only if the capture can be ended."""

    def __init__(self) -> None:
        self.default = SimpleNamespace(wait_stream=lambda _: None)
        self.now_on: object = self.default
        self.spoilt = False

    def current_stream(self, _device: object) -> object:
        """Return where work goes."""
        return self.now_on

    def set_stream(self, stream: object) -> None:
        """Send work there."""
        self.now_on = stream

    @contextmanager
    def stream(self, stream: object) -> Iterator[None]:
        """Send work there for a while."""
        before, self.now_on = self.now_on, stream
        try:
            yield
        finally:
            self.now_on = before

    def graph(self, _graph: object, stream: object) -> AbstractContextManager[None]:
        """Capture what is done there."""
        return Capture(self, stream)


class Capture(AbstractContextManager[None]):
    """Ends like torch's: by an error of its own if something spoilt it."""

    def __init__(self, cuda: FakeCuda, stream: object) -> None:
        self._cuda = cuda
        self._stream = stream

    def __enter__(self) -> None:
        self._before, self._cuda.now_on = self._cuda.now_on, self._stream

    def __exit__(self, *_: object) -> None:
        if self._cuda.spoilt:
            raise RuntimeError(END)
        self._cuda.now_on = self._before


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    """Put a made-up device in the place of torch.cuda's."""
    made_up = FakeCuda()
    properties = SimpleNamespace(L2_cache_size=1024, clock_rate=1_980_000)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    monkeypatch.setattr(torch.cuda, "Stream", lambda _: SimpleNamespace(wait_stream=lambda _: None))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=lambda: None))
    for name in ("current_stream", "set_stream", "stream", "graph"):
        monkeypatch.setattr(torch.cuda, name, getattr(made_up, name))
    return made_up


def fails_when_captured(cuda: FakeCuda, error: Exception, *, spoils: bool) -> Callable[[], None]:
    """Return a call that raises from its fourth time on: three times it is warmed up."""
    calls = iter(range(100))

    def call() -> None:
        if next(calls) >= 3:
            cuda.spoilt = spoils
            raise error

    return call


def test_what_the_call_did_wrong_comes_before_what_came_of_it(cuda: FakeCuda) -> None:
    """The error names the operation that cannot be captured, not the capture that could not be ended."""
    wrong = RuntimeError(
        "CUDA error: operation not permitted when stream is capturing\nCompile with TORCH_USE_CUDA_DSA"
    )
    with pytest.raises(BrokenCaptureError) as caught:
        TorchDevice("cuda").captured(fails_when_captured(cuda, wrong, spoils=True))
    assert str(caught.value) == (
        "the call cannot be captured as a CUDA graph: CUDA error: operation not permitted when stream is capturing"
    )
    assert caught.value.__cause__ is wrong


def test_work_goes_where_it_went_before_a_capture_that_failed(cuda: FakeCuda) -> None:
    """What is measured next does not run on the stream of the broken capture."""
    with pytest.raises(BrokenCaptureError):
        TorchDevice("cuda").captured(fails_when_captured(cuda, RuntimeError("no"), spoils=True))
    assert cuda.now_on is cuda.default


def test_a_capture_that_could_be_ended_is_not_broken(cuda: FakeCuda) -> None:
    """A call that raises without a word of CUDA leaves nothing behind."""
    with pytest.raises(CaptureError, match=r"^the call cannot be captured as a CUDA graph: had enough$") as caught:
        TorchDevice("cuda").captured(fails_when_captured(cuda, ValueError("had enough"), spoils=False))
    assert type(caught.value) is CaptureError
    assert cuda.now_on is cuda.default


def test_a_capture_that_fails_on_its_own_says_why(cuda: FakeCuda) -> None:
    """Where the call raised nothing, the end of the capture is the cause."""
    cuda.spoilt = True
    with pytest.raises(
        BrokenCaptureError, match=r"^the call cannot be captured as a CUDA graph: CUDA error: operation f"
    ):
        TorchDevice("cuda").captured(lambda: None)


@pytest.mark.usefixtures("cuda")
def test_the_clocks_of_all_cases_flush_with_one_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of cold cases holds twice the L2 cache once, not once a case."""
    made: list[int] = []

    def empty(size: int, **_: object) -> torch.Tensor:
        made.append(size)
        return torch.ones(1)

    monkeypatch.setattr(torch, "empty", empty)
    cuda_device.flush_buffer.cache_clear()
    try:
        for _ in range(3):
            TorchDevice("cuda:0").flush()
    finally:
        cuda_device.flush_buffer.cache_clear()
    assert made == [2048]


def test_the_device_of_a_case_is_the_current_one() -> None:
    """On the CPU there is nothing to choose."""
    assert isinstance(cuda_device.made_current("cpu"), nullcontext)
    chosen = cuda_device.made_current("cuda:1")
    assert isinstance(chosen, torch.cuda.device)
    assert chosen.idx == 1
