"""A call under pytest-benchmark: checked once, then timed with the user's own settings."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import torch

from bench.cuda_device import made_current
from bench.failures import refuse_nan
from bench.threads import cpu_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from results.records import Case


def time_call(benchmark: BenchmarkFixture, case: Case, prepare: Callable[[], Callable[[], object]]) -> object:
    """Time a call, and return what it returned last. Where benchmarks are switched off, it is called and checked.

    Args:
        benchmark: pytest-benchmark's fixture.
        case: the device and the threads that the call is made with.
        prepare: makes the call.

    Raises:
        NanOutputError: there is a NaN in the first result.
        Exception: whatever making and calling raise.

    """
    with cpu_threads(case.threads), made_current(case.device):
        with noted(benchmark):
            call = _waited_for(prepare(), case.device)
            refuse_nan(call())
        return benchmark(call)


@contextmanager
def noted(benchmark: BenchmarkFixture) -> Iterator[None]:
    """Tell pytest-benchmark of an exception that comes before the timing: else it warns of a fixture nobody used."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - raised again inside
        benchmark(_raise, error)


def _waited_for(call: Callable[[], object], device: str) -> Callable[[], object]:
    """Return the call as pytest-benchmark can time it: it reads the host's clock, and CUDA's calls only launch."""
    if device == "cpu":
        return call

    def finished() -> object:
        result = call()
        torch.cuda.synchronize(device)
        return result

    return finished


def _raise(error: Exception) -> NoReturn:
    raise error
