"""Times every call under pytest-benchmark, with its options, calibration and statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from bench.prepared import Timed
from suites import latency

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.prepared import Prepared
    from results.records import Case

SUITE = latency.NAME


def test_latency(case: Case, prepared: Prepared, facts: dict[str, Any], benchmark: BenchmarkFixture) -> None:
    """The call gives a result; what it runs, and on what, is in ``extra_info``."""
    assert isinstance(prepared, Timed)

    def on_cuda() -> object:
        # pytest-benchmark reads the CPU's clock: without waiting it would time the launches alone.
        result = prepared.call()
        torch.cuda.synchronize(case.device)
        return result

    result = benchmark(prepared.call if case.device == "cpu" else on_cuda)
    benchmark.extra_info |= facts
    assert result is not None
