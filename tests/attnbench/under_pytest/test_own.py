"""Benchmarks of a user's own, with a benchmark that calls once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import nn

from attnbench.under_pytest.own import AttentionBenchmark
from results.pytest_benchmark import case_of
from results.records import Case, Direction, FeatureMap, Images, Logits
from suites.complexity import size_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Once:
    """Calls once, and keeps what pytest-benchmark would."""

    enabled = True

    def __init__(self) -> None:
        self.group: str | None = None
        self.extra_info: dict[str, Any] = {"mine": 1}
        self.timed: list[object] = []

    def __call__(self, call: Callable[..., object], *arguments: object) -> object:
        self.timed.append(arguments)
        return call(*arguments)

    @property
    def case(self) -> Case:
        return case_of(self.said["case"])

    @property
    def said(self) -> Any:
        return json.loads(json.dumps(self.extra_info["attnbench"]))

    @property
    def size(self) -> Any:
        return self.said["size"]


class Scale(nn.Module):
    """A scale a channel; notes the modes in which it is called."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))
        self.norm = nn.BatchNorm2d(channels).eval()
        self.modes: list[bool] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.modes.append(self.training)
        scaled: torch.Tensor = self.norm(x) * self.scale
        return scaled


@pytest.fixture
def once() -> Once:
    return Once()


@pytest.fixture
def attention_benchmark(once: Once, pytestconfig: pytest.Config) -> AttentionBenchmark:
    return AttentionBenchmark(cast("Any", once), pytestconfig)


def test_a_module_is_called_on_a_feature_map(once: Once, attention_benchmark: AttentionBenchmark) -> None:
    """Forward without a graph; extra_info has a case that can be read again, and leaves alone what is there."""
    output = attention_benchmark(Scale(16), batch=3, channels=16, size=8)
    assert output.shape == (3, 16, 8, 8)
    assert not output.requires_grad
    case = once.case
    assert case.input == FeatureMap(batch=3, channels=16, height=8, width=8)
    assert (case.suite, case.implementation, case.dtype, case.device) == ("latency", "Scale", "float32", "cpu")
    assert (case.direction, case.threads) == (Direction.FORWARD, torch.get_num_threads())
    assert once.group == "latency: module 3x16x8x8 float32 cpu forward"
    # The scale, and weight and bias of the norm.
    assert once.size["parameters"] == 3 * 16
    assert case_of(once.size["case"]) == size_of(case)
    assert once.size["counts"] == []
    assert once.said["environment"]["torch"] == torch.__version__
    assert once.extra_info["mine"] == 1


def test_a_training_step_gives_gradients(once: Once, attention_benchmark: AttentionBenchmark) -> None:
    """Of the input and of every parameter, in training mode; the module's modes are then what they were."""
    module = Scale().eval()
    gradients = attention_benchmark(module, batch=2, size=8, direction="both")
    assert [tuple(each.shape) for each in gradients] == [(2, 64, 8, 8), (64, 1, 1), (64,), (64,)]
    assert set(module.modes) == {True}
    assert (module.training, module.norm.training) == (False, False)
    assert once.case.direction is Direction.FORWARD_BACKWARD


def test_dtype_and_layout_are_the_modules_own_or_as_asked(once: Once, attention_benchmark: AttentionBenchmark) -> None:
    """What is asked for converts the module."""
    assert attention_benchmark(Scale().double(), batch=1, size=8).dtype == torch.float64
    output = attention_benchmark(Scale(), batch=2, size=8, dtype="bfloat16", channels_last=True)
    assert output.dtype == torch.bfloat16
    assert output.is_contiguous(memory_format=torch.channels_last)
    assert once.group == "latency: module 2x64x8x8 channels_last bfloat16 cpu forward"


def test_a_function_on_logits(once: Once, attention_benchmark: AttentionBenchmark) -> None:
    """A module without parameters works on the shape that is given."""
    output = attention_benchmark(nn.Softmax(dim=1), logits=(4, 5, 6), dim=-2)
    assert torch.allclose(output.sum(1), torch.ones(4, 6))
    assert once.case.input == Logits(shape=(4, 5, 6), dim=1)


def test_an_implementation_by_its_name(once: Once, attention_benchmark: AttentionBenchmark) -> None:
    """With options, alone: the case of attnbench run, and its multiply-adds."""
    assert attention_benchmark("se:reduction=8", batch=2, size=8).shape == (2, 64, 8, 8)
    assert once.case.options == (("reduction", 8),)
    # Two biased 1x1 convolutions on one pooled pixel.
    assert once.size["parameters"] == 64 * 8 + 8 + 8 * 64 + 64
    assert {each["rule"]: (each["unit"], each["total"]) for each in once.size["counts"]}["torch"] == (
        "FLOP",
        2 * (64 * 8 + 8 * 64),
    )


def test_an_implementation_in_a_network(once: Once, attention_benchmark: AttentionBenchmark) -> None:
    """On images of the network's size, in the slot that is named."""
    output = attention_benchmark("eca", host="resnet18_cifar", slot="block_output@4", batch=2)
    assert output.shape == (2, 100)
    assert once.case.input == Images(batch=2, channels=3, height=32, width=32, num_classes=100)
    assert (once.case.host, once.case.slot) == ("resnet18_cifar", "block_output@4")


@pytest.mark.parametrize(
    ("attention", "chosen", "message"),
    [
        ("nope", {}, "unknown implementation 'nope'"),
        ("s*", {}, "'s\\*' stands for [0-9]+ implementations; name one"),
        ("none", {}, "'none' is the plain network; name one with host"),
        ("softmax", {}, "'softmax' is a function on logits; give their shape: logits=\\(4096, 1000\\)"),
        ("se", {"logits": (4, 5)}, "'se' works on feature maps; leave out logits"),
        ("se", {"logits": (4, 5), "dim": 2}, "logits of 2 dimensions have no dimension 2"),
        ("se", {"host": "resnet"}, "unknown backbone 'resnet'; did you mean 'resnet50'"),
        ("se", {"direction": "sideways"}, "unknown direction 'sideways'"),
        ("se", {"dtype": "fp12"}, "unknown dtype 'fp12'"),
        (Scale(), {"host": "resnet18_cifar"}, "Scale is built already; to put it into a network, make it a plug-in"),
        (Scale, {}, "is no module; give an instance of torch.nn.Module, or a name that attnbench list shows"),
    ],
)
def test_what_cannot_be_had_fails_the_test(
    once: Once, attention_benchmark: AttentionBenchmark, attention: Any, chosen: dict[str, Any], message: str
) -> None:
    """In a line, and through the benchmark, which would otherwise warn that nobody used it."""
    with pytest.raises(pytest.fail.Exception, match=message):
        attention_benchmark(attention, **chosen)
    assert len(once.timed) == 1


def test_nan_fails_the_test(once: Once, attention_benchmark: AttentionBenchmark) -> None:
    """Before anything is timed."""
    module = Scale()
    nn.init.constant_(module.scale, float("nan"))
    with pytest.raises(pytest.fail.Exception, match="4096 of 4096 elements of result 0 are NaN"):
        attention_benchmark(module, batch=1, size=8)
    assert len(module.modes) == 1
    assert once.extra_info == {"mine": 1}


def test_what_a_module_raises_is_raised(attention_benchmark: AttentionBenchmark) -> None:
    """With its traceback: it is the user's own code."""
    with pytest.raises(RuntimeError, match=r"expected input.* to have 16 channels|running_mean should contain"):
        attention_benchmark(Scale(16))
