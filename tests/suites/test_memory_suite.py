from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from attn_impls import builtin
from bench.memory.measure import measure_memory
from bench.prepared import Profiled
from results.records import Case, Direction, Timing
from suites import latency, memory
from suites.prepare import Preparer
from suites.selection import Selection

KNOWN = builtin()
SMALL = Selection(implementations=("softmax", "se"), hosts=("resnext50_16x4d",), batch_sizes=(2,), threads=2)


def label(case: Case) -> str:
    """Say in one line what a case is."""
    shape = "x".join(str(size) for size in case.shape)
    return f"{case.host or case.subject} {case.implementation} {shape} {case.direction}"


def test_forward_and_forward_with_backward() -> None:
    """Networks and logit functions, ordered so that neighbours differ in the implementation."""
    assert [label(case) for case in memory.cases(SMALL, KNOWN)] == [
        "resnext50_16x4d none 2x3x32x32 forward",
        "resnext50_16x4d se 2x3x32x32 forward",
        "resnext50_16x4d none 2x3x32x32 forward+backward",
        "resnext50_16x4d se 2x3x32x32 forward+backward",
        "op softmax 2x2x256 forward",
        "op softmax 2x2x256 forward+backward",
        "op softmax 2x8x197x197 forward",
        "op softmax 2x8x197x197 forward+backward",
    ]


@pytest.mark.parametrize(
    ("asked", "measured"),
    [
        ((Direction.FORWARD,), {Direction.FORWARD}),
        ((Direction.FORWARD_BACKWARD, Direction.BACKWARD), {Direction.FORWARD_BACKWARD}),
        ((Direction.BACKWARD,), set()),
    ],
)
def test_only_the_directions_asked_for(asked: tuple[Direction, ...], measured: set[Direction]) -> None:
    """Of these, the backward pass alone has no case: what it works on rests in memory before it."""
    assert {case.direction for case in memory.cases(dataclasses.replace(SMALL, directions=asked), KNOWN)} == measured


def test_bytes_stand_beside_seconds() -> None:
    """But for the suite's name the cases are among those that are timed."""
    timed = latency.cases(SMALL, KNOWN)
    assert {replace(case, suite="latency") for case in memory.cases(SMALL, KNOWN)} <= set(timed)


def test_how_a_call_is_timed_makes_no_difference() -> None:
    """Whether caches are flushed is no part of what a call holds."""
    on_gpu = dataclasses.replace(SMALL, devices=("cuda:0",), timing=Timing.COLD)
    assert {case.timing for case in memory.cases(on_gpu, KNOWN)} == {Timing.HOT}


def test_a_case_is_prepared_and_measured() -> None:
    """Softmax of [2, 2, 256] in float32, 4096 bytes: saves its result, which its backward pass reads again."""
    both = next(
        case
        for case in memory.cases(SMALL, KNOWN)
        if (case.shape, case.direction) == ((2, 2, 256), Direction.FORWARD_BACKWARD)
    )
    prepared = Preparer()(both)
    assert isinstance(prepared, Profiled)
    found = measure_memory(prepared.call, device=both.device)
    assert (found.saved_bytes, found.peak_live_bytes, found.operators) == (4096, 8192, 2)
    # Forward reads the logits; backward the gradient and the result.
    assert (found.read_bytes, found.written_bytes) == (3 * 4096, 2 * 4096)
