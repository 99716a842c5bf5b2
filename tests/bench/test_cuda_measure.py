"""Whole measurements by the CUDA clock, on a made-up device."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from simulated_gpu import FakeDevice, Kernels

from bench.cuda_clock import CudaClock
from bench.measure import Instruments, Settings, measure_block
from bench.telemetry import NoWatch
from results.records import Measured, Timing

from .fakes import FakePrepare, StopAfter, block_of, case_of, samples_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Samples


def measured(device: FakeDevice, timing: Timing, **calls: Callable[[], object]) -> dict[str, Samples]:
    """Measure these calls as one block, four samples each."""
    instruments = Instruments(
        prepare=FakePrepare(calls),
        clock_for=lambda _: CudaClock(device, timing, device.now_ns),
        watch_for=lambda _: NoWatch(),
        now_s=lambda: device.host_s,
    )
    block = block_of([case_of(name) for name in calls])
    outcomes = measure_block(block, instruments, Settings(stop=StopAfter(4), budget_s=1.0, seed=0))
    return {outcome.case.implementation: samples_in(outcome) for outcome in outcomes if isinstance(outcome, Measured)}


def test_what_warming_up_has_learned_is_good_for_the_first_sample() -> None:
    """A CPU that launches for 4 ms is known by then: the first sample is as right as the others."""
    device = FakeDevice()
    found = measured(device, Timing.HOT, a=Kernels(device, count=100, launch_s=40e-6, run_s=1e-6))
    assert found["a"].seconds == pytest.approx([100e-6] * 4)


def test_a_case_is_captured_once() -> None:
    """Checking the result, warming up and sampling take one capture a case, and none of it lies within a sample.

    Its clock captures an empty call beside it: the replay of that is the clock's own time.
    """
    device = FakeDevice()
    one, other = (Kernels(device, count=20, launch_s=5e-6, run_s=2e-6) for _ in range(2))
    found = measured(device, Timing.GRAPH, a=one, b=other)
    assert device.log.count("capture") == 2 + 2
    assert found["a"].seconds == pytest.approx([40e-6] * 4)


def test_a_host_that_is_too_slow_is_on_record() -> None:
    """Launching 3,000 kernels one by one takes longer than any hold; replayed, they are launched at once."""
    found = {}
    for timing in (Timing.HOT, Timing.GRAPH):
        device = FakeDevice()
        call = Kernels(device, count=3000, launch_s=12e-6, run_s=3e-6)
        found[timing] = measured(device, timing, a=call)["a"].host_bound
    assert found == {Timing.HOT: True, Timing.GRAPH: False}


def test_the_host_s_clock_is_on_record() -> None:
    """Ten kernels of 2 us take the device 20 us, and calls back to back 100 us: that is what launching them takes."""
    device = FakeDevice()
    found = measured(device, Timing.HOT, a=Kernels(device, count=10, launch_s=10e-6, run_s=2e-6))["a"]
    assert found.seconds == pytest.approx([20e-6] * 4)
    assert not found.host_bound
    assert found.wall_s_per_call == pytest.approx(100e-6, rel=0.01)


UNFIT_FOR_A_GRAPH = """
import torch
from bench.clocks import clock_for
from results.records import Timing
x = torch.ones(3, device="cuda")
before = torch.cuda.current_stream()
try:
    clock_for("cuda", Timing.GRAPH).time(lambda: x.sum().item(), 1)
except RuntimeError as error:
    print(error)
assert torch.cuda.current_stream() == before
assert x.sum().item() == 3
"""


@pytest.mark.gpu
def test_gpu_what_does_not_fit_a_graph_is_said() -> None:
    """A call that waits for a value fails by what it did; the stream is that of before, and the device works."""
    # In a process of its own: torch's allocator is not what it was after that.
    done = subprocess.run(
        [sys.executable, "-c", UNFIT_FOR_A_GRAPH], capture_output=True, text=True, check=True, timeout=600
    )
    # In the words of CUDA or, from some version on, of torch; the end of the capture would speak of a previous error.
    assert re.match("the call cannot be captured as a CUDA graph: .*captur", done.stdout)
    assert "previous error" not in done.stdout
