"""Counts every network under pytest-benchmark; the time taken is that of the counting itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.complexity.counter import count_all
from bench.prepared import Counted
from suites import complexity

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.prepared import Prepared

SUITE = complexity.NAME


def test_complexity(prepared: Prepared, facts: dict[str, Any], benchmark: BenchmarkFixture) -> None:
    """Every rule counts something; the figures are in ``extra_info``."""
    assert isinstance(prepared, Counted)
    # Not ranked with latencies: this is the time of a counter.
    benchmark.group = complexity.NAME
    counted = benchmark.pedantic(count_all, (prepared.module, prepared.inputs, prepared.counters), rounds=1)
    benchmark.extra_info |= facts
    assert all(count.total > 0 for count in counted.counts)
