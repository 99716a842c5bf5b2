"""``--memory-format``: which cases lie channels last, and what of them does."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import builtin
from results.records import Direction, Subject
from suites.build import build_module
from suites.call import build_call
from suites.request import Request, plan

if TYPE_CHECKING:
    from results.records import Case

LAST = torch.channels_last


def planned(*suites: str, host: str = "mobilenet_v3_small", memory_format: str = "channels_last") -> tuple[Case, ...]:
    """Plan SE and a logit function."""
    request = Request(
        suites=suites,
        impls=("se", "softmax"),
        hosts=(host,),
        devices=("cpu",),
        batch_sizes=(2,),
        directions=("forward", "both"),
        memory_format=memory_format,
    )
    return plan(request)[1]


@pytest.mark.parametrize(
    ("suite", "host", "subject"),
    [
        ("latency", "mobilenet_v3_small", Subject.NETWORK),
        ("memory", "mobilenet_v3_small", Subject.NETWORK),
        ("marginal", "mobilenet_v3_small", Subject.NETWORK),
        ("latency", "none", Subject.MODULE),
        ("memory", "none", Subject.MODULE),
    ],
)
def test_networks_and_modules_lie_as_asked_for(suite: str, host: str, subject: Subject) -> None:
    """Wherever they are timed or profiled, the plain network too."""
    measured = [case for case in planned(suite, host=host) if case.subject is subject and case.suite != "complexity"]
    assert len(measured) >= 2
    assert all(case.input.channels_last for case in measured)


def test_logits_have_no_channels() -> None:
    """A logit function is the same case in both formats."""
    functions = [
        [case for case in planned("latency", memory_format=each) if case.subject is Subject.OP]
        for each in ("channels_first", "channels_last")
    ]
    assert functions[0] == functions[1] != []


@pytest.mark.parametrize("suite", ["complexity", "overflow", "accuracy"])
def test_other_suites_have_the_same_cases(suite: str) -> None:
    """Counts and limits do not depend on it."""
    assert planned(suite, host="none") == planned(suite, host="none", memory_format="channels_first") != ()


def test_channels_first_is_the_default() -> None:
    """Whoever does not choose has the cases that have always been."""
    request = Request(suites=("latency",), impls=("se",), hosts=("none",), devices=("cpu",))
    assert not any(case.input.channels_last for case in plan(request)[1])


@pytest.mark.parametrize("host", ["mobilenet_v3_small", "none"])
@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.FORWARD_BACKWARD])
def test_input_and_weights_lie_channels_last(host: str, direction: Direction) -> None:
    """Of a network and of a module, also after the input was moved; convolutions of 3 x 3 tell the formats apart."""
    (case,) = (
        case for case in planned("latency", host=host) if case.implementation == "se" and case.direction is direction
    )
    module = build_module(case, builtin())
    weights = [parameter for parameter in module.parameters() if parameter.dim() == 4]
    assert all(weight.is_contiguous(memory_format=LAST) for weight in weights)
    if host != "none":
        assert any(not weight.is_contiguous() for weight in weights)
    (x,) = case.input.draw(case.dtype, case.device)
    assert x.is_contiguous(memory_format=LAST)
    assert not x.is_contiguous()
    call = build_call(case, builtin())
    call.move(Random(1))
    moved = next(each for each in _tensors(call._ready) if each.shape == x.shape)
    assert moved.is_contiguous(memory_format=LAST)
    assert torch.equal(moved, x)


def _tensors(ready: object) -> list[torch.Tensor]:
    if isinstance(ready, torch.Tensor):
        return [ready]
    return [each for part in ready for each in _tensors(part)] if isinstance(ready, tuple | list) else []
