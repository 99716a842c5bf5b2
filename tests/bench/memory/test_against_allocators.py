"""The counted peak beside what torch's allocators say of the same call."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from attn_impls import builtin
from bench.memory.measure import measure_memory
from results.records import Case, Direction, FeatureMap, Images
from suites.call import build_call

if TYPE_CHECKING:
    from collections.abc import Callable

SLOTS = {"se": "block_output", "sk/softmax": "spatial_conv", "psk": "spatial_conv"}


def call_of(implementation: str, *, batch_size: int, device: str) -> Callable[[], object]:
    """Return a training step of ResNeXt50 (16x4d) with this attention."""
    case = Case(
        suite="memory",
        implementation=implementation,
        source="",
        host="resnext50_16x4d",
        slot=SLOTS[implementation],
        input=Images(batch=batch_size, channels=3, height=32, width=32, num_classes=100),
        device=device,
        direction=Direction.FORWARD_BACKWARD,
    )
    return build_call(case, builtin())


def cpu_peak(call: Callable[[], object]) -> int:
    """Return the peak of the CPU allocator in bytes: the highest sum of what torch's profiler saw come and go."""
    call()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True, acc_events=True) as profiled:
        call()
    kineto = profiled.profiler
    assert kineto is not None
    events = [event for event in kineto.kineto_results.events() if event.name() == "[memory]"]
    live = peak = 0
    for event in sorted(events, key=operator.methodcaller("start_ns")):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


@pytest.mark.parametrize("implementation", SLOTS)
def test_the_cpu_allocator_agrees(implementation: str) -> None:
    """It says at most 1% more: what convolutions use inside. It cannot say less."""
    call = call_of(implementation, batch_size=2, device="cpu")
    counted = measure_memory(call, device="cpu").peak_live_bytes
    assert 0.99 < counted / cpu_peak(call) <= 1


@pytest.mark.gpu(memory_gib=1)
def test_the_cuda_allocator_agrees_where_operators_hold_nothing_inside() -> None:
    """Of SimAM, forward and backward on maps of 8 MiB, it says up to 2% more: blocks, and the parts of long sums."""
    case = Case(
        suite="memory",
        implementation="simam",
        source="",
        input=FeatureMap(batch=32, channels=64, height=32, width=32),
        device="cuda",
        direction=Direction.FORWARD_BACKWARD,
    )
    memory = measure_memory(build_call(case, builtin()), device="cuda")
    assert memory.allocated_bytes is not None
    assert 0.98 < memory.peak_live_bytes / memory.allocated_bytes <= 1


@pytest.mark.gpu(memory_gib=4)
@pytest.mark.parametrize("implementation", SLOTS)
def test_the_cuda_allocator_sees_no_less(implementation: str) -> None:
    """Whatever operators make comes from it. How much more it sees is cuDNN's affair.

    A convolution's workspace is as large as the algorithm that cuDNN picks needs, from nothing to several times the
    maps: that depends on the GPU, on cuDNN's version and on TF32, and no bound on it would be true of all.
    """
    memory = measure_memory(call_of(implementation, batch_size=32, device="cuda"), device="cuda")
    assert memory.allocated_bytes is not None
    assert memory.allocated_bytes >= memory.peak_live_bytes


@pytest.mark.gpu
def test_the_allocators_figures_are_of_this_call_alone() -> None:
    """One result of 4 MiB beside a tensor that rests there."""
    resting = torch.ones(2**20, device="cuda")
    memory = measure_memory(lambda: resting + 1, device="cuda")
    assert (memory.peak_live_bytes, memory.allocated_bytes) == (2**22, 2**22)
    assert memory.reserved_bytes is not None
    assert memory.reserved_bytes >= 0
