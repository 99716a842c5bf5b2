"""A family that is chosen by name."""

from __future__ import annotations

import pytest

from bench.errors import UsageError
from results.records import Direction, Tokens
from suites.request import Request, plan


def test_attention_between_tokens_has_lengths_and_suites_of_its_own() -> None:
    """Enough of them for a crossover, with sizes, times and memory."""
    names, cases, _ = plan(Request(families=("attention",), devices=("cpu",)))
    assert names == ("complexity", "latency", "memory")
    timed = [case for case in cases if case.suite == "latency"]
    assert {case.implementation for case in timed} == {
        "sdpa",
        "attention/eager",
        "attention/hard_softmax/tiled",
        "attention/linear",
        "attention/performer",
    }
    sizes = {case.input.queries for case in timed if isinstance(case.input, Tokens)}
    assert sizes == {64, 128, 256, 512, 1024}
    assert {case.direction for case in timed} == {Direction.FORWARD, Direction.FORWARD_BACKWARD}
    assert {case.input.batch for case in timed} == {1}


def test_what_is_chosen_beside_a_family_stays() -> None:
    """The family says only what else there is."""
    names, cases, _ = plan(
        Request(
            suites=("latency",), families=("attention",), lengths=("32",), directions=("forward",), devices=("cpu",)
        )
    )
    assert names == ("latency",)
    assert {(case.input.shape[2], case.direction) for case in cases} == {(32, Direction.FORWARD)}


def test_another_family_is_all_that_comes_with_attnbench() -> None:
    """In the networks, as ever."""
    _, cases, _ = plan(Request(suites=("complexity",), families=("gate",), hosts=("resnet50_cifar",), devices=("cpu",)))
    found = {case.implementation for case in cases}
    assert {"none", "se", "cbam", "simam"} <= found
    assert not any(name.startswith(("sk/", "sdpa")) for name in found)


def test_of_what_is_chosen_the_family_is_left() -> None:
    """A pattern may name others too."""
    _, cases, _ = plan(
        Request(suites=("latency",), impls=("*",), families=("normalizer",), directions=("forward",), devices=("cpu",))
    )
    assert {case.subject.value for case in cases} == {"op"}
    with pytest.raises(UsageError, match="--impl se: nothing of the family attention; leave out --impl or --family"):
        plan(Request(suites=("latency",), impls=("se",), families=("attention",), devices=("cpu",)))
