from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from bench.errors import UsageError
from results.records import Direction, Subject
from suites.request import LeftOutWarning, Request, plan

if TYPE_CHECKING:
    from pathlib import Path


def test_every_suite_is_planned_by_default() -> None:
    """Whoever names no suite gets the answers to all questions."""
    names, cases, _ = plan(Request(devices=("cpu",)))
    assert names == ("complexity", "latency")
    assert {case.suite for case in cases} == {"complexity", "latency"}


def test_the_default_axes() -> None:
    """Both networks, plain and with eight attentions, counted once and timed in three directions, four images."""
    names, cases, threads = plan(Request(suites=("latency", "complexity"), devices=("cpu",)))
    assert names == ("complexity", "latency")
    assert threads == torch.get_num_threads()
    assert Counter((case.suite, case.host) for case in cases) == {
        ("complexity", "resnext50_16x4d"): 9,
        ("complexity", "mobilenet_v3_small"): 9,
        ("latency", "resnext50_16x4d"): 27,
        ("latency", "mobilenet_v3_small"): 27,
    }
    timed = [case for case in cases if case.suite == "latency"]
    assert {(case.shape, case.dtype, case.device, case.input.num_classes) for case in timed} == {
        ((4, 3, 32, 32), "float32", "cpu", 100)
    }
    assert {case.direction for case in timed} == set(Direction)


def test_every_axis_reaches_the_cases() -> None:
    """What was asked for is what will be measured."""
    request = Request(
        suites=("latency",),
        impls=("se",),
        hosts=("mobilenet_v3_small",),
        devices=("cpu",),
        batch_sizes=(2,),
        dtypes=("float64",),
        directions=("backward",),
        image_size=64,
        num_classes=10,
        threads=3,
    )
    _, (plain, attended), threads = plan(request)
    assert (plain.implementation, attended.implementation, threads) == ("none", "se", 3)
    for case in (plain, attended):
        assert (case.subject, case.host, case.input.num_classes) == (Subject.NETWORK, "mobilenet_v3_small", 10)
        assert (case.shape, case.dtype, case.device) == ((2, 3, 64, 64), "float64", "cpu")
        assert (case.direction, case.threads) == (Direction.BACKWARD, 3)


def test_no_case_is_planned_twice() -> None:
    """Equal cases would be the same measurement: repeated names and overlapping globs make none."""
    request = Request(impls=("*", "se", "se*"), hosts=("mobilenet_v3_small", "none") * 2, devices=("cpu", "cpu"))
    _, cases, _ = plan(request)
    assert len(cases) == len(set(cases))


def test_a_plugin_is_planned(tmp_path: Path) -> None:
    """An implementation from a file of one's own is a case like any other."""
    file = tmp_path / "planned.py"
    file.write_text(
        "import torch\n"
        "from attn_impls import gate\n"
        "@gate('planned')\n"
        "class Planned(torch.nn.Identity):\n"
        '    """Passes through."""\n'
    )
    request = Request(suites=("complexity",), impls=("planned",), devices=("cpu",), plugins=(str(file),))
    _, cases, _ = plan(request)
    assert [(case.host, case.implementation) for case in cases] == [
        ("resnext50_16x4d", "none"),
        ("resnext50_16x4d", "planned"),
        ("mobilenet_v3_small", "none"),
        ("mobilenet_v3_small", "planned"),
    ]


def test_a_plan_without_cases_is_refused() -> None:
    """A normaliser has no complexity in a network; the message says what would measure it."""
    with pytest.raises(UsageError) as caught:
        plan(Request(suites=("complexity",), impls=("softmax",), devices=("cpu",)))
    assert str(caught.value) == (
        "nothing to measure: complexity has no case for this choice; logit functions and the backward pass alone "
        "are measured by: attnbench run latency"
    )


def test_a_wrong_name_ends_planning() -> None:
    """Nothing is planned around a mistake."""
    with pytest.raises(UsageError, match="unknown implementation 'sk/sofmax'"):
        plan(Request(impls=("se", "sk/sofmax"), devices=("cpu",)))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            Request(impls=("sk/softmax",), hosts=("resnet18",), slots=("block_output@2",), devices=("cpu",)),
            "no place at --slot block_output@2 for sk/softmax; slots for a branch: spatial_conv (resnet18)",
        ),
        (
            Request(impls=("psk", "split/softmax"), hosts=("felu_net",), devices=("cpu",)),
            "no place in felu_net for split/softmax, psk; slots for a branch: none (felu_net)",
        ),
        (
            Request(suites=("marginal",), impls=("se",), hosts=("none",), devices=("cpu",)),
            "marginal compares with a plain network; name one with --host",
        ),
    ],
)
def test_without_a_place_the_slots_that_fit_are_named(request_: Request, message: str) -> None:
    """An attention that fits nowhere is no logit function."""
    with pytest.raises(UsageError) as caught:
        plan(request_)
    assert str(caught.value) == f"nothing to measure: {message}"


def test_what_fits_nowhere_is_left_out_with_a_word() -> None:
    """The others are measured."""
    axes = Request(suites=("complexity",), impls=("se", "sk/softmax"), hosts=("resnet18",), devices=("cpu",))
    with pytest.warns(LeftOutWarning) as caught:
        _, cases, _ = plan(replace(axes, slots=("block_output",)))
    assert [case.implementation for case in cases] == ["none", "se"]
    assert [str(each.message) for each in caught] == [
        "left out: no place at --slot block_output for sk/softmax; slots for a branch: spatial_conv (resnet18)"
    ]


def test_defaults_that_fit_nowhere_are_left_out_without_a_word(recwarn: pytest.WarningsRecorder) -> None:
    """Nobody has asked for them."""
    _, cases, _ = plan(Request(suites=("complexity",), hosts=("resnet18",), slots=("block_output",), devices=("cpu",)))
    assert {case.implementation for case in cases} == {"none", "se:reduction=4", "se/hard_sigmoid:reduction=4"}
    assert [each for each in recwarn if issubclass(each.category, LeftOutWarning)] == []
