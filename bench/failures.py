"""Exceptions and bad outputs -> the Failed outcome that says what happened."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import torch

from results.records import Failed, FailureKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Case

#: How torch's CPU allocator words a refusal, in the versions since 1.0.
HOST_ALLOCATOR = ("can't allocate memory", "not enough memory")


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
    if isinstance(error, RuntimeError) and any(words in str(error) for words in HOST_ALLOCATOR):
        return FailureKind.OUT_OF_MEMORY
    return FailureKind.EXCEPTION


def spoils_the_process(error: Failed) -> bool:
    """Return whether nothing more can be measured in this process: CUDA contexts do not survive a device-side error."""
    return error.kind is FailureKind.EXCEPTION and ("CUDA error" in error.error or "AcceleratorError" in error.error)


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
