"""Exceptions and bad outputs -> the Failed outcome that says what happened."""

from __future__ import annotations

import gc
import traceback
from typing import TYPE_CHECKING

import torch

from results.records import Failed, FailureKind

from .cuda_device import BrokenCaptureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Case

#: How a RuntimeError says that memory ran out: torch's CPU allocator in the versions since 1.0...
HOST_ALLOCATOR = ("can't allocate memory", "not enough memory")
#: ...and CUDA, Triton, cuBLAS and cuDNN where they allocate on their own.
DEVICE_ALLOCATORS = ("out of memory", "ALLOC_FAILED", "ALLOCATION_FAILED")


class NanOutputError(Exception):
    """A call returned NaN."""


def failed(case: Case, error: Exception) -> Failed:
    """Return the outcome of a case that raised."""
    first_line = (str(error).splitlines() or ["no message"])[0]
    return Failed(
        case=case,
        kind=_kind(error),
        error=_storable(first_line if isinstance(error, NanOutputError) else f"{type(error).__name__}: {first_line}"),
        traceback=_storable("".join(traceback.format_exception(error))),
    )


def _storable(text: str) -> str:
    """Return the text as UTF-8 can hold it: messages may quote undecodable file names."""
    return text.encode("utf-8", "backslashreplace").decode()


def _kind(error: Exception) -> FailureKind:
    if isinstance(error, NanOutputError):
        return FailureKind.NAN
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return FailureKind.OUT_OF_MEMORY
    words = str(error)
    if isinstance(error, RuntimeError) and any(each in words for each in (*HOST_ALLOCATOR, *DEVICE_ALLOCATORS)):
        return FailureKind.OUT_OF_MEMORY
    return FailureKind.EXCEPTION


def has_another_try(failure: Failed, *, others: int) -> bool:
    """Give back what a failed case held; return whether it only had no room beside the others.

    Args:
        failure: of a case that nothing refers to any more.
        others: cases that hold memory too.

    """
    gc.collect()
    spoilt = spoils_the_process(failure)
    return failure.kind is FailureKind.OUT_OF_MEMORY and others > 0 and not spoilt


def spoils_the_process(failure: Failed) -> bool:
    """Return whether nothing more can be measured in this process; if it can, free memory goes back to the device.

    A CUDA context does not survive an error on the device. Whatever the failure said, and whoever worded it, the device
    is asked: from such an error on, it refuses everything. The capture of a graph can leave more than that behind.
    """
    return failure.error.startswith(BrokenCaptureError.__name__) or not _works(failure.case.device)


def _works(device: str) -> bool:
    if device.partition(":")[0] != "cuda" or not torch.cuda.is_initialized():
        return True
    try:
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()
    except RuntimeError:
        return False
    return True


def refuse_nan(result: object) -> None:
    """Check every tensor of a call's result.

    Raises:
        NanOutputError: there is a NaN in one of them.

    """
    for index, tensor in enumerate(_tensors(result)):
        count = int(torch.isnan(tensor).sum())
        if count:
            msg = f"{count} of {tensor.numel()} elements of result {index} are NaN"
            raise NanOutputError(msg)


def _tensors(result: object) -> Iterator[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, dict):
        for value in result.values():
            yield from _tensors(value)
    elif isinstance(result, list | tuple):
        for value in result:
            yield from _tensors(value)
