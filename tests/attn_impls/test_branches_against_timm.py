"""The official SK and Split against timm's, with the same weights, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from timm.layers.selective_kernel import SelectiveKernel
from timm.layers.split_attn import SplitAttn
from torch import nn

from attn_impls.branches.official_selective_kernel import OfficialSelectiveKernel
from attn_impls.branches.official_split import OfficialSplitAttention

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

TOLERANCE = 1e-10
#: timm's names of SK's parts -> ours; ``{m}`` is the branch.
SK_PARTS = {"paths.{m}.conv": "convolutions.{m}", "paths.{m}.bn": "norms.{m}"}
SK_TRANSFORM = {"attn.fc_reduce": "transform.reduce", "attn.bn": "transform.norm", "attn.fc_select": "transform.expand"}
SPLIT_PARTS = {
    "conv": "convolution",
    "bn0": "norm",
    "fc1": "transform.reduce",
    "bn1": "transform.norm",
    "fc2": "transform.expand",
}

both_modes = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])


def randomize(module: nn.Module) -> None:
    """Draw weights and statistics, so that no part passes through unnoticed."""
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.uniform_(0.5, 2) if name.endswith("running_var") else value.normal_(0, 0.5)


def assert_equal(ours: nn.Module, theirs: nn.Module, parts: Mapping[str, str], x: Tensor) -> None:
    """Give ``theirs`` our weights, and compare the outputs, the gradients and the statistics after one call."""
    randomize(ours)
    renamed = {part: other for other, part in parts.items()}
    theirs.load_state_dict(
        {
            f"{renamed[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}": value
            for key, value in ours.state_dict().items()
        }
    )
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    outputs = [module(leaf) for module, leaf in zip((ours, theirs), leaves, strict=True)]
    cotangent = torch.randn_like(outputs[0])
    for output in outputs:
        output.backward(cotangent)
    assert_near(outputs[0], outputs[1])
    assert_near(leaves[0].grad, leaves[1].grad)
    their_gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        part, _, kind = name.rpartition(".")
        assert_near(parameter.grad, their_gradients[f"{renamed[part]}.{kind}"])
    their_state = theirs.state_dict()
    for name, value in ours.state_dict().items():
        part, _, kind = name.rpartition(".")
        assert_near(value.double(), their_state[f"{renamed[part]}.{kind}"].double())


def assert_near(ours: Tensor | None, theirs: Tensor | None) -> None:
    assert ours is not None
    assert theirs is not None
    assert ours.shape == theirs.shape
    assert float((ours - theirs).detach().abs().max()) <= TOLERANCE


@both_modes
@pytest.mark.parametrize(
    ("in_channels", "out_channels", "stride", "groups", "branches"),
    [(8, 8, 1, 1, 2), (8, 16, 2, 4, 2), (16, 8, 1, 2, 3), (64, 64, 2, 32, 2)],
)
def test_selective_kernel(
    in_channels: int, out_channels: int, stride: int, groups: int, branches: int, *, training: bool
) -> None:
    """SK gives timm's values, gradients and running statistics, to 1e-10."""
    torch.manual_seed(0)
    ours = OfficialSelectiveKernel(in_channels, out_channels, stride=stride, groups=groups, branches=branches)
    theirs = SelectiveKernel(
        in_channels,
        out_channels,
        # timm turns 3, 5, 7 into 3x3 convolutions of dilation 1, 2, 3.
        [2 * m + 3 for m in range(branches)],
        stride=stride,
        groups=groups,
        rd_channels=32,
        split_input=False,
    )
    parts = {key.format(m=m): value.format(m=m) for m in range(branches) for key, value in SK_PARTS.items()}
    x = torch.randn(3, in_channels, 7, 6, dtype=torch.float64)
    assert_equal(ours.double().train(training), theirs.double().train(training), parts | SK_TRANSFORM, x)


@both_modes
@pytest.mark.parametrize(
    ("in_channels", "out_channels", "stride", "groups", "radix"),
    [(8, 8, 1, 1, 2), (8, 16, 2, 2, 2), (16, 8, 1, 2, 4), (8, 8, 1, 1, 1), (8, 8, 2, 4, 1), (128, 64, 1, 32, 2)],
)
def test_split(in_channels: int, out_channels: int, stride: int, groups: int, radix: int, *, training: bool) -> None:
    """Split gives timm's values, gradients and running statistics, to 1e-10."""
    torch.manual_seed(0)
    ours = OfficialSplitAttention(in_channels, out_channels, stride=stride, groups=groups, radix=radix)
    theirs = SplitAttn(in_channels, out_channels, stride=stride, groups=groups, radix=radix, norm_layer=nn.BatchNorm2d)
    x = torch.randn(3, in_channels, 7, 6, dtype=torch.float64)
    assert_equal(ours.double().train(training), theirs.double().train(training), SPLIT_PARTS, x)
