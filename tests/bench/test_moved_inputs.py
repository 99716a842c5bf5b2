"""Inputs that are put elsewhere in memory."""

from __future__ import annotations

import random

import pytest
import torch
from msgspec.structs import replace

from attn_impls import builtin
from bench.moved_inputs import moved_input
from bench.prepared import Timed
from results.records import PLAIN, Case, Direction, FeatureMap, Images, Logits, Mode, Timing
from suites.call import build_call
from suites.catalog import SUITES
from suites.selection import as_it_is_now

LOGITS = Case(suite="operators", implementation="softmax", source="", threads=1, input=Logits(shape=(8, 50), dim=1))
MAP = replace(LOGITS, suite="latency", implementation="se", input=FeatureMap(batch=2, channels=64, height=8, width=8))
IMAGES = Images(batch=2, channels=3, height=8, width=8, num_classes=10)
NETWORK = replace(MAP, input=IMAGES, host="resnet18_cifar", slot="block_output")


def draws(seed: int) -> random.Random:
    """Return what draws places."""
    return random.Random(seed)


def timed(case: Case) -> Timed:
    """Prepare a case as its suite does."""
    prepared = SUITES[case.suite].prepare(as_it_is_now(case, builtin()), builtin())
    assert isinstance(prepared, Timed)
    return prepared


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_copy_has_the_same_numbers_elsewhere(dtype: torch.dtype) -> None:
    """Equal, with equal strides, on a line of 64 bytes, and no view of anything."""
    x = torch.randn(2, 3, 5, 7).to(dtype).contiguous(memory_format=torch.channels_last)
    copy = moved_input(x, draws(1))
    assert torch.equal(copy, x)
    assert copy.stride() == x.stride()
    assert copy.data_ptr() != x.data_ptr()
    assert not copy._is_view()


def test_every_line_of_a_page_is_drawn() -> None:
    """Which lines of the caches an input takes follows from where in its pages it begins."""
    x = torch.zeros(16)
    draw = draws(0)
    places = {moved_input(x, draw).data_ptr() % 4096 for _ in range(2000)}
    assert places == set(range(min(places) % 64, 4096, 64))


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("case", [LOGITS, MAP], ids=["logits", "map"])
def test_moved_a_call_gives_the_same(case: Case, direction: Direction) -> None:
    """Only the place is another: outputs and gradients are those of before, however often it moves."""
    call = build_call(replace(case, direction=direction), builtin())
    before = call()
    draw = draws(3)
    for _ in range(3):
        call.move(draw)
    torch.testing.assert_close(call(), before, rtol=0, atol=0)


def test_a_moved_call_works_on_what_was_moved() -> None:
    """And not on the first input, of which the second is a copy."""
    call = build_call(replace(LOGITS, implementation=PLAIN), builtin())
    call.move(draws(0))
    (copied,) = call._ready
    copied.fill_(7.0)
    assert torch.equal(torch.as_tensor(call()), torch.full((8, 50), 7.0))
    call.move(draws(0))
    assert torch.equal(torch.as_tensor(call()), *LOGITS.input.draw("float32", "cpu"))


def test_what_is_compiled_is_not_compiled_again() -> None:
    """Another place is nothing that a compiled function asks for."""
    call = build_call(replace(LOGITS, mode=Mode.COMPILED), builtin())
    call()
    with torch._dynamo.config.patch(error_on_recompile=True):
        for seed in range(5):
            call.move(draws(seed))
            call()


@pytest.mark.parametrize(
    ("case", "moves"),
    [
        (LOGITS, True),
        (MAP, True),
        (NETWORK, False),
        (replace(LOGITS, timing=Timing.GRAPH), False),
    ],
    ids=["logits", "map", "network", "graph"],
)
def test_who_moves(case: Case, moves: bool) -> None:  # noqa: FBT001 - an expectation
    """Functions and modules do; a network's few images and the fixed addresses of a CUDA graph stay."""
    assert (timed(case).move is not None) == moves
