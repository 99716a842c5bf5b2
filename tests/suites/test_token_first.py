"""What is paid before the first sample of an attention between tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attn_impls import builtin
from bench.prepared import Timed
from suites import latency
from suites.request import Request, plan

if TYPE_CHECKING:
    from results.records import FirstCall


def first(impl: str, direction: str = "forward", length: str = "8") -> FirstCall:
    """Return what is found of the first call."""
    request = Request(
        suites=("latency",), impls=(impl,), devices=("cpu",), directions=(direction,), lengths=(length,), heads=(2,)
    )
    _, cases, _ = plan(request)
    (case,) = [case for case in cases if case.implementation == impl]
    prepared = latency.prepare(replace(case, threads=1), builtin())
    assert isinstance(prepared, Timed)
    assert prepared.first is not None
    return prepared.first


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_the_first_call_is_timed_in_each_direction(direction: str) -> None:
    """Nothing is compiled in it."""
    found = first("attention/eager", direction)
    assert found.seconds > 0
    assert (found.compile_s, found.mask_s, found.mask_kept) == (None, None, False)


@pytest.mark.parametrize("impl", ["sdpa:causal=true", "attention/hard_softmax/tiled:causal=true", "attention/linear"])
def test_what_needs_no_mask_has_no_time_of_making_one(impl: str) -> None:
    """PyTorch's own kernels know what is causal; tiles and chunks hide what they cross."""
    assert first(impl).mask_s is None


@pytest.mark.parametrize(
    ("impl", "kept"),
    [
        ("sdpa:window=3", False),
        ("attention/eager:causal=true", False),
        ("attention/flex:causal=true,compiled=false", True),
    ],
)
def test_the_making_of_a_mask_is_timed_apart(impl: str, *, kept: bool) -> None:
    """FlexAttention keeps its masks; others make one in every call, and samples hold it."""
    found = first(impl)
    assert found.mask_s is not None
    assert found.mask_s > 0
    assert found.mask_kept is kept


def test_queries_that_are_not_as_many_as_keys_need_a_mask() -> None:
    """Its own causal mask has the first query at the first key."""
    assert first("sdpa:causal=true", length="4x8").mask_s is not None


def test_nothing_is_told_of_networks() -> None:
    """Only attention between tokens has such a record."""
    _, cases, _ = plan(Request(suites=("latency",), impls=("se",), hosts=("none",), directions=("forward",)))
    prepared = latency.prepare(next(case for case in cases if case.implementation == "se"), builtin())
    assert isinstance(prepared, Timed)
    assert prepared.first is None
