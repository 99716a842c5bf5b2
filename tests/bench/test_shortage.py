"""Errors that may mean a lack of memory, on a made-up GPU that has so much and no more."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import torch
from msgspec.structs import replace

from bench.failures import failed
from bench.prepared import Timed
from bench.shortage import room_on
from results.records import Case, Failed, FailureKind, Measured

from .fakes import FakeClock, Work, case_of, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C = (replace(case_of(name), device="cuda:0") for name in "abc")
GIB = 2**30
NO_ENGINE = "GET was unable to find an engine to execute this computation"
AMBIGUOUS = (
    NO_ENGINE,
    "FIND was unable to find an engine to execute this computation",
    "Unable to find a valid cuDNN algorithm to run convolution",
    "no valid convolution algorithms available in CuDNN",
    "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "cuFFT error: CUFFT_ALLOC_FAILED",
)


@dataclass
class Gpu:
    """80 GiB, in GiB: what tensors hold, what torch keeps of what they held, and the driver's rest."""

    tensors: float = 0.0
    kept: float = 0.0
    """Blocks that are free as a whole."""
    rests: float = 0.0
    """Unused parts of blocks that are in use."""
    broken: bool = False

    @property
    def free(self) -> float:
        """What the driver has."""
        return 80.0 - self.tensors - self.kept - self.rests

    def tensor(self, gib: float) -> Tensor:
        """Return a tensor of this size, out of what torch keeps as far as that goes."""
        self.kept -= min(self.kept, gib)
        self.tensors += gib
        return Tensor(self, gib)

    def convolve(self, workspace: float) -> None:
        """Fail as cuDNN does where no algorithm gets its workspace, after torch has given back what it kept."""
        if self.free + self.kept < workspace:
            self.kept = 0.0
            raise RuntimeError(NO_ENGINE)

    def mem_get_info(self, _device: str) -> tuple[int, int]:
        """Return free and total bytes, as the driver has them."""
        if self.broken:
            msg = "CUDA error: device-side assert triggered"
            raise RuntimeError(msg)
        return round(self.free * GIB), 80 * GIB

    def memory_stats(self, _device: str) -> dict[str, int]:
        """Return what torch's allocator counts."""
        held = {
            "reserved": self.tensors + self.kept + self.rests,
            "active": self.tensors,
            "inactive_split": self.rests,
        }
        return {f"{name}_bytes.all.current": round(gib * GIB) for name, gib in held.items()}

    def empty_cache(self) -> None:
        """Give back what torch keeps."""
        self.kept = 0.0


class Tensor:
    """Holds memory for as long as it lives."""

    def __init__(self, gpu: Gpu, gib: float) -> None:
        self._gpu, self._gib = gpu, gib

    def __del__(self) -> None:
        """Leave it to torch."""
        self._gpu.tensors -= self._gib
        self._gpu.kept += self._gib


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    """Put a made-up GPU in the place of torch.cuda's."""
    made_up = Gpu()
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)
    for name in ("mem_get_info", "memory_stats", "empty_cache"):
        monkeypatch.setattr(torch.cuda, name, getattr(made_up, name))
    return made_up


@pytest.mark.parametrize("message", AMBIGUOUS)
def test_on_a_full_device_it_is_a_lack_of_memory(gpu: Gpu, message: str) -> None:
    """Whichever library found none, and in whichever words; the figure that told is on record."""
    gpu.tensors = 79.5
    failure = failed(A, RuntimeError(f"{message}\n\nand a page of advice"))
    assert failure.kind is FailureKind.OUT_OF_MEMORY
    assert failure.error == f"RuntimeError: {message} (0.5 of 80.0 GiB free on cuda:0)"


@pytest.mark.parametrize("message", AMBIGUOUS)
def test_with_room_to_spare_it_is_an_ordinary_error(gpu: Gpu, message: str) -> None:
    """An unsupported dtype, or a GPU that the build has no kernels for: a smaller batch would fail as well."""
    gpu.tensors = 10.0
    failure = failed(A, RuntimeError(message))
    assert failure.kind is FailureKind.EXCEPTION
    assert failure.error == f"RuntimeError: {message} (70.0 of 80.0 GiB free on cuda:0)"


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(("total", "least"), [(80, 5.0), (8, 1.0)], ids=["a large GPU", "a small GPU"])
def test_short_is_a_sixteenth_and_a_gibibyte_at_least(
    monkeypatch: pytest.MonkeyPatch, total: int, least: float
) -> None:
    """A workspace grows with what fills the device; handles and kernels take some hundred MiB on any."""
    shorts = []
    for free in (least - 0.01, least):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _, free=free: (round(free * GIB), total * GIB))
        room = room_on("cuda:0")
        assert room is not None
        shorts.append(room.short)
    assert shorts == [True, False]


def test_what_torch_keeps_whole_is_free_and_what_it_cannot_give_back_is_not(gpu: Gpu) -> None:
    """A cache that earlier cases have filled is no lack of memory; blocks in pieces, which nobody can have, are."""
    gpu.tensors, gpu.kept = 20.0, 59.0
    assert failed(A, RuntimeError(NO_ENGINE)).kind is FailureKind.EXCEPTION
    gpu.kept, gpu.rests = 0.0, 59.0
    assert failed(A, RuntimeError(NO_ENGINE)).kind is FailureKind.OUT_OF_MEMORY


def test_a_broken_context_is_no_lack_of_memory(gpu: Gpu) -> None:
    """After an index out of range no handle can be made either, and nobody can say how much is free."""
    gpu.tensors, gpu.broken = 79.5, True
    failure = failed(A, RuntimeError(AMBIGUOUS[4]))
    assert (failure.kind, failure.error) == (FailureKind.EXCEPTION, f"RuntimeError: {AMBIGUOUS[4]}")


def test_on_the_cpu_nobody_asks_the_gpu(gpu: Gpu) -> None:
    """Its memory has nothing to do with the case."""
    gpu.tensors = 79.5
    assert failed(case_of("a"), RuntimeError(NO_ENGINE)).kind is FailureKind.EXCEPTION


def test_plain_words_need_no_figure(gpu: Gpu) -> None:
    """That memory ran out is said; how much is free by now does not matter."""
    failure = failed(A, RuntimeError("CUDA error: out of memory"))
    assert (failure.kind, failure.error) == (FailureKind.OUT_OF_MEMORY, "RuntimeError: CUDA error: out of memory")
    assert gpu.free == 80.0


def measured(gpu: Gpu, weights: dict[Case, float], call: Callable[[Case, int], None]) -> list[Measured | Failed]:
    """Measure cases that hold so many GiB each while they live; ``call`` gets each call's number since the build."""
    clock = FakeClock()

    def prepare(case: Case) -> Timed:
        held = gpu.tensor(weights[case])
        calls = 0

        def once() -> Tensor:
            nonlocal calls
            calls += 1
            call(case, calls)
            return held

        return Timed(call=Work(clock, 0.25, doing=once))

    return [each for each in outcomes_of(list(weights), prepare, clock) if isinstance(each, Measured | Failed)]


@pytest.mark.parametrize("asked_at", [1, 5, 10], ids=["first call", "warm-up", "sampling"])
def test_a_case_whose_library_has_no_room_beside_others_is_tried_again_alone(gpu: Gpu, asked_at: int) -> None:
    """A workspace of 40 GiB is not to be had beside the others; alone the case is measured."""

    def call(case: Case, number: int) -> None:
        if case == B and number == asked_at:
            gpu.convolve(40.0)

    outcomes = measured(gpu, {A: 25.0, B: 25.0, C: 25.0}, call)
    assert [(type(each), each.case) for each in outcomes][-1] == (Measured, B)
    assert len(outcomes) == 3


def test_a_case_that_is_too_large_alone_is_out_of_memory(gpu: Gpu) -> None:
    """What it held when it failed counts, though it is free a moment later: here 20 GiB, and 56 in the call."""

    def call(case: Case, _: int) -> None:
        if case == B:
            inside = gpu.tensor(56.0)
            gpu.convolve(30.0)
            del inside

    *others, last = measured(gpu, {A: 2.0, B: 20.0}, call)
    assert [each.case for each in others if isinstance(each, Measured)] == [A]
    assert isinstance(last, Failed)
    assert last.kind is FailureKind.OUT_OF_MEMORY
    assert last.error == f"RuntimeError: {NO_ENGINE} (4.0 of 80.0 GiB free on cuda:0)"


@pytest.mark.parametrize("filled", [2.0, 70.0], ids=["room to spare", "full"])
def test_an_error_that_memory_does_not_mend_is_called_one_after_the_try_alone(gpu: Gpu, filled: float) -> None:
    """Beside others that fill the device it may be a lack of memory; alone, with room to spare, it is none."""
    builds: list[int] = []

    def call(case: Case, number: int) -> None:
        if case == B:
            builds.append(number)
            raise RuntimeError(NO_ENGINE)

    *others, last = measured(gpu, {A: filled, B: 9.0}, call)
    assert [each.case for each in others if isinstance(each, Measured)] == [A]
    assert isinstance(last, Failed)
    assert (last.kind, builds) == (FailureKind.EXCEPTION, [1, 1])
    assert last.error == f"RuntimeError: {NO_ENGINE} (71.0 of 80.0 GiB free on cuda:0)"
