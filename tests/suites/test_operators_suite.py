"""Promises of the suite that times logit functions."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
import torch
from msgspec.structs import replace
from simulated_gpu import FakeDevice, Kernels
from torch import nn
from torch._dynamo.exc import FailOnRecompileLimitHit

from attn_impls import builtin
from attn_impls.kernels.building import BuildError
from attn_impls.kernels.on_cuda import LEAST_CAPABILITY
from bench import gpus, limits
from bench.clocks import clock_for
from bench.cuda_clock import CudaClock
from bench.errors import UsageError
from bench.prepared import Timed
from results.records import Case, Direction, Logits, Mode, Subject, Timing
from suites import operators
from suites.build import Compiled
from suites.call import build_call
from suites.catalog import SUITES
from suites.papers import psk
from suites.request import Request, plan
from suites.selection import Selection, as_it_is_now

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a plan without growing attention holds.
FIXED = ((32, 2, 64), (32, 2, 128), (32, 2, 256), (32, 2, 512), (256, 2, 256), (4096, 1000), (64, 8, 197, 197))


@pytest.fixture(autouse=True)
def _no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no memory for attention that grows, unless a test gives some."""
    monkeypatch.setattr(limits, "available_bytes", lambda: 0)


def planned(**asked: object) -> tuple[Case, ...]:
    """Return the cases of a request."""
    _, cases, _ = plan(Request(suites=("operators",), devices=("cpu",), **asked))  # type: ignore[arg-type]
    return cases


def block(cases: Sequence[Case]) -> list[tuple[str, Mode]]:
    """Return what is compared in the first block."""
    first = cases[0]
    return [
        (case.implementation, case.mode)
        for case in cases
        if (case.shape, case.direction, case.dtype) == (first.shape, first.direction, first.dtype)
    ]


def test_the_paper_s_shapes_are_those_its_network_normalises() -> None:
    """SKNet50 (16x4d): two branches in four widths, over the branches, in batches of 32."""
    assert psk.branch_logits() == tuple(Logits(shape=(32, 2, width), dim=1) for width in (64, 128, 256, 512))


def test_the_default_is_softmax_and_hard_softmax_in_all_ways() -> None:
    """A copy first; as PyTorch has it, by hand, compiled, fused; forward, and with backward."""
    cases = planned()
    assert block(cases) == [
        ("none", Mode.EAGER),
        ("softmax", Mode.EAGER),
        ("softmax", Mode.COMPILED),
        ("softmax/naive", Mode.EAGER),
        ("softmax/fused", Mode.EAGER),
        ("hard_softmax/as_written", Mode.EAGER),
        ("hard_softmax", Mode.EAGER),
        ("hard_softmax", Mode.COMPILED),
        ("hard_softmax/fused", Mode.EAGER),
    ]
    assert tuple(dict.fromkeys(case.shape for case in cases)) == FIXED
    assert {case.direction for case in cases} == {Direction.FORWARD, Direction.FORWARD_BACKWARD}
    assert {(case.subject, case.dtype) for case in cases} == {(Subject.OP, "float32")}
    assert {(len(case.shape), case.input.dim) for case in cases} == {(3, 1), (2, 1), (4, 3)}


def test_softmax_and_a_copy_are_always_there() -> None:
    """Without them there would be no ratios; who compiles on request compiles what was asked for."""
    assert block(planned(impls=("sparsemax",))) == [
        ("none", Mode.EAGER),
        ("softmax", Mode.EAGER),
        ("sparsemax", Mode.EAGER),
    ]
    assert block(planned(impls=("sparsemax", "softmax"), modes=("compiled",))) == [
        ("none", Mode.EAGER),
        ("softmax", Mode.EAGER),
        ("softmax", Mode.COMPILED),
        ("sparsemax", Mode.COMPILED),
    ]


def test_shapes_of_one_s_own() -> None:
    """Over the last dimension unless another is named; each once."""
    cases = planned(logits=("65536x1000", "256x2x256@1", "65536x1000"))
    assert list(dict.fromkeys(case.input for case in cases)) == [
        Logits(shape=(65536, 1000), dim=1),
        Logits(shape=(256, 2, 256), dim=1),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10x0", "--logits 10x0: write sizes, and a dimension if it is not the last: 4096x1000, 256x2x256@1"),
        ("x", "--logits x: write sizes"),
        ("10x10@2", "--logits 10x10@2: there is no dimension 2; they are numbered from 0 to 1"),
    ],
)
def test_shapes_that_cannot_be(text: str, message: str) -> None:
    """Refused with what to write instead."""
    with pytest.raises(UsageError, match=re.escape(message)):
        planned(logits=(text,))


def test_shapes_of_logits_are_for_this_suite() -> None:
    """Who gives one to another suite is told which one takes it."""
    with pytest.raises(UsageError, match="attnbench run operators --logits 4x10"):
        plan(Request(suites=("latency",), devices=("cpu",), logits=("4x10",)))


def test_an_attention_has_no_case() -> None:
    """It works on feature maps, not on logits."""
    with pytest.raises(UsageError, match="operators has no case for this choice"):
        planned(impls=("se",))


@pytest.mark.parametrize(("dtype", "largest"), [("float32", 2048), ("float16", 2048), ("float64", 1024)])
def test_attention_grows_as_far_as_memory_goes(monkeypatch: pytest.MonkeyPatch, dtype: str, largest: int) -> None:
    """Twice the length has four times the logits; nine cases hold two tensors each, the one that runs eight more."""
    # A fifth stays free.
    room = math.ceil(8 * 2048**2 * 4 * (9 * 2 + 8) / 0.8)
    monkeypatch.setattr(limits, "available_bytes", lambda: room)
    lengths = [case.shape[2] for case in planned(dtypes=(dtype,)) if case.shape[:2] == (1, 8)]
    assert max(lengths) == largest
    assert min(lengths) == 1024


@pytest.mark.parametrize("timing", list(Timing), ids=str)
def test_attention_grows_as_far_as_a_gpu_s_memory_goes(monkeypatch: pytest.MonkeyPatch, timing: Timing) -> None:
    """Launched one by one, a block holds as on the CPU and moved inputs; from graphs, each case holds what it makes."""
    held = 9 * (2 + 8) if timing is Timing.GRAPH else 9 * (2 + 1) + 8
    asked: list[tuple[str, Timing]] = []

    def free_bytes(device: str, timing: Timing) -> int:
        asked.append((device, timing))
        return math.ceil(8 * 4096**2 * 2 * held / 0.8)

    monkeypatch.setattr(gpus, "free_bytes", free_bytes)
    registry = builtin()
    selection = Selection(
        implementations=operators.FUNCTIONS,
        hosts=(),
        modes=(),
        devices=("cuda:0",),
        dtypes=("float16",),
        directions=operators.DIRECTIONS,
        timing=timing,
    )
    lengths = [case.shape[2] for case in operators.cases(selection, registry) if case.shape[:2] == (1, 8)]
    assert max(lengths) == 4096
    assert asked == [("cuda:0", timing)]


def test_the_estimate_of_graph_memory_has_the_graphs_that_the_clock_keeps() -> None:
    """One a case: a case's clock captures once, however often it warms up and samples."""
    device = FakeDevice()
    calls = [Kernels(device, count=1, launch_s=1e-6, run_s=1e-6) for _ in range(9)]
    for call in calls:
        clock = CudaClock(device, Timing.GRAPH, device.now_ns)
        for _ in range(3):
            clock.time(call, 2)
    graphs = device.log.count("capture")
    inputs_and_gradients = 9 * operators.HELD_EACH
    assert operators._held(9, "cuda:0", Timing.GRAPH) == inputs_and_gradients + graphs * operators.HELD_RUNNING


@pytest.mark.usefixtures("_no_kernels")
def test_what_stands_in_for_fused_kernels_is_not_timed_as_fused() -> None:
    """Plain PyTorch under that name would be another answer; the reason is the case's error."""
    (case, *_) = (case for case in planned() if case.implementation == "hard_softmax/fused")
    with pytest.raises(BuildError, match="no fused kernels on cpu: plain PyTorch: no compiler"):
        SUITES["operators"].prepare(case, builtin())


@pytest.fixture
def _no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attn_impls.kernels.modules.implementation", lambda _: "plain PyTorch: no compiler")


# torch 2.11 loads its deprecated TorchScript when it compiles something in inference mode; its compiler gives advice
# on speed as warnings.
@pytest.mark.filterwarnings(
    "ignore:.*jit:FutureWarning", "ignore:.*jit:DeprecationWarning", r"ignore::UserWarning:torch\._inductor"
)
# There must be room for 1 GiB when the context of a second process, and what is flushed, are there too.
@pytest.mark.gpu(capability=LEAST_CAPABILITY, memory_gib=3)
@pytest.mark.parametrize("timing", list(Timing), ids=str)
@pytest.mark.parametrize("direction", operators.DIRECTIONS, ids=str)
def test_on_cuda(timing: Timing, direction: Direction) -> None:
    """Copy, eager, compiled and fused run hot, cold and from a graph; there is room for attention."""
    case = replace(planned()[0], device="cuda:0", threads=None, timing=timing, direction=direction)
    clock = clock_for(case.device, timing)
    for name, mode in block(planned()):
        prepared = SUITES["operators"].prepare(
            as_it_is_now(replace(case, implementation=name, mode=mode), builtin()), builtin()
        )
        assert isinstance(prepared, Timed)
        assert clock.time(prepared.call, 3) > 0
    assert operators._free_bytes("cuda:0", timing) > 2**30


def test_a_copy_is_one_in_both_directions() -> None:
    """The same memory every time, and no graph."""
    cases = {case.direction: case for case in planned() if case.implementation == "none"}
    for case in cases.values():
        call = build_call(case, builtin())
        first, second = call(), call()
        assert isinstance(first, torch.Tensor)
        assert first is second
        assert not first.requires_grad


def test_every_function_can_be_timed() -> None:
    """Of the first shape, in both directions, uncompiled."""
    for case in planned():
        if case.shape == FIXED[0] and case.mode is Mode.EAGER:
            prepared = SUITES["operators"].prepare(case, builtin())
            assert prepared.call() is not None  # type: ignore[union-attr]


def test_what_is_compiled_stays_compiled() -> None:
    """However many versions there were before: PyTorch would run the ninth of one code uncompiled, without a word."""
    frames = 0

    def counting(graph: torch.fx.GraphModule, inputs: object) -> torch.fx.GraphModule:
        nonlocal frames
        del inputs
        frames += 1
        return graph

    with torch._dynamo.config.patch(recompile_limit=1):
        for count in range(1, 4):
            module = Compiled(nn.Softmax(-1), backend=counting)
            module(torch.zeros(2, count + 1))
            assert frames == count
        with pytest.raises(FailOnRecompileLimitHit):
            module(torch.zeros(2, 2, dtype=torch.float64))


def test_the_functions_exist() -> None:
    """Names of the registry, and what is compiled is among them."""
    assert set(operators.FUNCTIONS) <= set(builtin().specs)
    assert set(operators.FUNCTIONS) >= operators.COMPILED
