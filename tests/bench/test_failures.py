"""Causes of failures as CUDA words them, and whether the process can go on after one."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from msgspec.structs import replace

from bench.cuda_device import BrokenCaptureError, CaptureError
from bench.failures import failed, spoils_the_process
from results.records import Failed, FailureKind, Measured

from .fakes import FakeClock, FakePrepare, Work, case_of, outcomes_of

ON_CUDA = replace(case_of("a"), device="cuda:0")
SPOILT = "CUDA error: an illegal memory access was encountered"


def device_that(monkeypatch: pytest.MonkeyPatch, **answers: Exception) -> None:
    """Put a made-up device in the place of torch.cuda's; a function that is named raises."""

    def answer(name: str) -> None:
        if name in answers:
            raise answers[name]

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: answer("synchronize"))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: answer("mem_get_info"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: answer("empty_cache"))


@pytest.mark.parametrize(
    "message",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call",
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "Triton Error [CUDA]: out of memory",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
    ],
)
def test_memory_that_ran_out_in_so_many_words(message: str) -> None:
    """Kernels and libraries ask CUDA itself, or the CPU, for memory; that it ran out is the same fact."""
    assert failed(ON_CUDA, RuntimeError(message)).kind is FailureKind.OUT_OF_MEMORY


@pytest.mark.parametrize(
    "message",
    ["CUDA error: device-side assert triggered", "out of resource: shared memory, Required: 270336"],
)
def test_other_errors_of_cuda_are_not_a_lack_of_memory(message: str) -> None:
    """A smaller batch would help neither an assertion nor a tile that is too large."""
    assert failed(ON_CUDA, RuntimeError(message)).kind is FailureKind.EXCEPTION


def test_an_error_of_several_lines_is_said_on_one() -> None:
    """Up to the first blank line: the first line may say nothing, and what follows a blank one is advice."""
    error = RuntimeError("Error(s) in loading state_dict:\n\tsize mismatch for fc.weight.\n\nSee the manual.")
    assert failed(ON_CUDA, error).error == (
        "RuntimeError: Error(s) in loading state_dict: size mismatch for fc.weight."
    )
    assert failed(ON_CUDA, ValueError()).error == "ValueError: no message"


def test_a_device_that_refuses_everything_spoils_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device is asked: how the failure was worded, and by which library, does not matter."""
    device_that(monkeypatch, synchronize=RuntimeError(SPOILT))
    for words in ("Triton Error [CUDA]: an illegal memory access was encountered", "CUDNN_STATUS_EXECUTION_FAILED"):
        assert spoils_the_process(failed(ON_CUDA, RuntimeError(words)))


def test_a_device_that_still_works_does_not_cost_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that CUDA has got over is this case's alone."""
    device_that(monkeypatch)
    words = "CUDA error: no kernel image is available for execution on the device"
    assert not spoils_the_process(failed(ON_CUDA, RuntimeError(words)))


def test_a_case_of_the_cpu_does_not_ask_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its failure says nothing about a GPU."""
    device_that(monkeypatch, synchronize=RuntimeError(SPOILT))
    assert not spoils_the_process(failed(case_of("a"), ValueError("no")))


def test_a_broken_capture_spoils_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device works, but torch's allocator believes that the capture goes on; not so after one that was ended."""
    device_that(monkeypatch)
    assert spoils_the_process(failed(ON_CUDA, BrokenCaptureError("cannot be captured")))
    assert not spoils_the_process(failed(ON_CUDA, CaptureError("cannot be captured")))


@pytest.mark.parametrize("calls_before", [0, 5, 9], ids=["first call", "warm-up", "sampling"])
def test_a_cause_is_not_lost_where_nothing_can_be_given_back(
    monkeypatch: pytest.MonkeyPatch, calls_before: int
) -> None:
    """After an error on the device, emptying the cache raises too; on record is what came first."""
    device_that(monkeypatch, empty_cache=RuntimeError(SPOILT))
    clock = FakeClock()
    work = Work(clock, *[0.25] * calls_before, RuntimeError("CUDA error: device-side assert triggered"))
    (outcome,) = outcomes_of([ON_CUDA], FakePrepare({"a": work}), clock)
    assert isinstance(outcome, Failed)
    assert outcome.error == "RuntimeError: CUDA error: device-side assert triggered"
    assert spoils_the_process(outcome)


@pytest.mark.parametrize("words", ["CUDA error: out of memory", "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED"])
def test_a_lack_of_memory_on_a_spoilt_device_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """There is no second try in a process that cannot go on: the outcome is told before those of the others."""
    device_that(monkeypatch, synchronize=RuntimeError(SPOILT), mem_get_info=RuntimeError(SPOILT))
    clock = FakeClock()
    error = RuntimeError(words)
    cases = [ON_CUDA, replace(ON_CUDA, implementation="b")]
    found = outcomes_of(cases, FakePrepare({"a": Work(clock, 0.25), "b": Work(clock, error)}), clock)
    assert [type(outcome) for outcome in found] == [Failed, Measured]


class UnprintableError(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        msg = "no words"
        raise ValueError(msg)


@pytest.mark.parametrize(
    ("error", "kind", "line"),
    [
        (UnprintableError(), "exception", "UnprintableError: its message cannot be had: ValueError"),
        (KeyboardInterrupt(), "exception", "KeyboardInterrupt: no message"),
        (SystemExit(3), "exception", "SystemExit: 3"),
        (RuntimeError("not enough memory slots"), "exception", "RuntimeError: not enough memory slots"),
        (RuntimeError("out of memory bank"), "exception", "RuntimeError: out of memory bank"),
        (MemoryError(), "out of memory", "MemoryError: no message"),
    ],
)
def test_causes_are_what_they_are(error: BaseException, kind: str, line: str) -> None:
    """Whatever a module raises, and whatever it says."""
    outcome = failed(case_of("a"), error)
    assert (outcome.kind.value, outcome.error) == (kind, line)


def test_a_nan_that_comes_later_is_a_failure() -> None:
    """The first result was good; the one after the last sample is not."""
    clock = FakeClock()
    results = iter([torch.ones(2)] * 3)
    work = Work(clock, 0.25)

    def call() -> object:
        work()
        return next(results, torch.tensor([1.0, float("nan")]))

    (outcome,) = outcomes_of([case_of("a")], FakePrepare({"a": call}), clock)
    assert isinstance(outcome, Failed)
    assert (outcome.kind.value, outcome.error) == (
        "NaN output",
        "1 of 2 elements of result 0 are NaN after the last sample",
    )
