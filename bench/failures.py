"""Exceptions and bad outputs -> the Failed outcome that says what happened."""

from __future__ import annotations

import gc
import re
import traceback
from typing import TYPE_CHECKING

import torch

from results import StoreError
from results.records import Failed, FailureKind
from results.text import excerpt, first_paragraph, message

from .cuda_device import BrokenCaptureError
from .shortage import is_ambiguous, room_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Case

#: How a RuntimeError says that memory ran out, and nothing else: torch's CPU allocator in the versions since 1.0, cuDNN
#: of the CPU's memory, CUDA and Triton of the device's. Others may mention memory too, such as slots of an attention.
OUT_OF_MEMORY = re.compile(
    r"(DefaultCPUAllocator|Torch): (can't allocate|not enough) memory"
    r"|(CUDA|HIP)( driver)? error: out of memory|(CUDA|HIP) out of memory\. Tried to allocate"
    r"|Triton Error \[\w+\]: out of memory|CUDNN_STATUS_\w*HOST_ALLOCATION_FAILED"
)


class NanOutputError(Exception):
    """A call returned NaN."""


def failed(case: Case, error: BaseException) -> Failed:
    """Return the outcome of a case that raised.

    Call it while the error is handled: what the case had allocated then still counts, where memory tells the cause.
    """
    kind, room = _certain_kind(error), None
    if kind is FailureKind.EXCEPTION and isinstance(error, RuntimeError) and is_ambiguous(words_of(error)):
        room = room_on(case.device)
        kind = FailureKind.OUT_OF_MEMORY if room is not None and room.short else kind
    said = error_line(error)
    return Failed(
        case=case,
        kind=kind,
        error=message(said if room is None else f"{said} ({room})"),
        traceback=excerpt(_traceback_of(error)),
    )


def words_of(error: BaseException) -> str:
    """Return the message of an exception; where it cannot be had, why. Not of attn_impls, which this does not know."""
    try:
        # A plain string, whatever class of string it may be.
        return str.__str__(str(error))
    except BaseException as another:  # noqa: BLE001 - the cause of a failure must not be lost for want of its words
        return f"its message cannot be had: {type(another).__name__}"


def _traceback_of(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001 - as above
        return "".join(traceback.format_tb(error.__traceback__))


def error_line(error: BaseException) -> str:
    """Return the type of an exception and the first paragraph of its message, as a record can hold them: on a line."""
    said = first_paragraph(words_of(error)) or "no message"
    return message(said if isinstance(error, NanOutputError | StoreError) else f"{type(error).__name__}: {said}")


def _certain_kind(error: BaseException) -> FailureKind:
    """Return the kind as far as the words alone tell it."""
    if isinstance(error, NanOutputError):
        return FailureKind.NAN
    if isinstance(error, StoreError):
        return FailureKind.FOLDER
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return FailureKind.OUT_OF_MEMORY
    if isinstance(error, RuntimeError) and OUT_OF_MEMORY.search(words_of(error)):
        return FailureKind.OUT_OF_MEMORY
    return FailureKind.EXCEPTION


def has_another_try(failure: Failed, *, others: int) -> bool:
    """Give back what a failed case held; return whether it may only have had no room beside the others.

    So it is with words that mean other things too, however much memory was free: alone, the case tells which.

    Args:
        failure: of a case that nothing refers to any more.
        others: cases that hold memory too.

    """
    gc.collect()
    spoilt = spoils_the_process(failure)
    # The traceback has all lines of the message. Should its code have such words, that costs one more try.
    ambiguous = failure.kind is FailureKind.EXCEPTION and is_ambiguous(failure.traceback)
    return (failure.kind is FailureKind.OUT_OF_MEMORY or ambiguous) and others > 0 and not spoilt


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


def refuse_nan(result: object, when: str = "") -> None:
    """Check every tensor of a call's result.

    Args:
        result: whatever it returned.
        when: said after it, where it is not the first.

    Raises:
        NanOutputError: there is a NaN in one of them.

    """
    for index, tensor in enumerate(_tensors(result)):
        count = int(torch.isnan(tensor).sum())
        if count:
            msg = f"{count} of {tensor.numel()} elements of result {index} are NaN{when}"
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
