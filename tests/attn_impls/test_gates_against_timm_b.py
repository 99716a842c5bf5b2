"""CBAM, coordinate attention and global context against timm's, with the same weights, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from timm.layers.cbam import CbamModule
from timm.layers.coord_attn import CoordAttn
from timm.layers.global_context import GlobalContext as TimmGlobalContext
from torch import nn

from attn_impls.gates.cbam import CBAM
from attn_impls.gates.coordinate import Coordinate
from attn_impls.gates.global_context import GlobalContext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    Pair = tuple[nn.Module, nn.Module, Mapping[str, str]]

TOLERANCE = 1e-10
CHANNELS = 32
#: A square map, an odd one, one row, one position, and a single sample.
SHAPES = [(3, CHANNELS, 6, 6), (2, CHANNELS, 5, 7), (3, CHANNELS, 1, 4), (4, CHANNELS, 1, 1), (1, CHANNELS, 4, 3)]


def cbam() -> Pair:
    """Return ours, timm's, and timm's names of our parts."""
    parts = {
        "channel.reduce": "channel.fc1",
        "channel.expand": "channel.fc2",
        "spatial.convolution": "spatial.conv.conv",
        "spatial.norm": "spatial.conv.bn",
    }
    theirs: Any = CbamModule(CHANNELS, rd_channels=CHANNELS // 16, mlp_bias=True)
    # timm stacks the mean above the maximum, we the other way round.
    theirs.spatial.conv.conv.register_forward_pre_hook(lambda _, inputs: inputs[0].flip(1))
    return CBAM(CHANNELS), theirs, parts


def coordinate() -> Pair:
    """Return ours, timm's, and timm's names of our parts."""
    parts = {"reduce": "conv1", "norm": "bn1", "expand_height": "conv_h", "expand_width": "conv_w"}
    return Coordinate(CHANNELS), CoordAttn(CHANNELS, rd_channels=8, bias=True), parts


def global_context() -> Pair:
    """Return ours, timm's, and timm's names of our parts."""
    parts = {
        "logits": "conv_attn",
        "reduce": "mlp_add.fc1",
        "norm": "mlp_add.norm",
        "expand": "mlp_add.fc2",
    }
    theirs: Any = TimmGlobalContext(CHANNELS, rd_channels=CHANNELS // 16, fuse_add=True, fuse_scale=False)
    # 1e-6 in timm; the official code has torch's 1e-5, as we do.
    theirs.mlp_add.norm.eps = 1e-5
    return GlobalContext(CHANNELS), theirs, parts


def with_same_weights(make: Callable[[], Pair], *, training: bool) -> Pair:
    """Return a pair in float64, with random weights and statistics that are the same in both."""
    ours, theirs, parts = make()
    with torch.no_grad():
        for name, value in ours.state_dict().items():
            if value.is_floating_point():
                value.uniform_(0.5, 2) if name.endswith("running_var") else value.normal_(0, 0.5)
    for module in (ours, theirs):
        module.double().train(training)
    renamed = {}
    for key, value in ours.state_dict().items():
        part, _, name = key.rpartition(".")
        renamed[f"{parts[part]}.{name}"] = value
    theirs.load_state_dict(renamed)
    return ours, theirs, parts


def assert_near(ours: Tensor | None, theirs: Tensor | None) -> None:
    assert ours is not None
    assert theirs is not None
    assert ours.shape == theirs.shape
    assert float((ours - theirs).detach().abs().max()) <= TOLERANCE


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("make", [cbam, coordinate, global_context], ids=lambda make: make.__name__)
def test_equals_timm(make: Callable[[], Pair], shape: tuple[int, ...], *, training: bool) -> None:
    """Values, and the gradients of the input and of every parameter, are those of timm's module."""
    torch.manual_seed(0)
    ours, theirs, parts = with_same_weights(make, training=training)
    x = torch.randn(shape, dtype=torch.float64)
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    outputs = [module(leaf) for module, leaf in zip((ours, theirs), leaves, strict=True)]
    cotangent = torch.randn_like(x)
    for output in outputs:
        output.backward(cotangent)

    assert_near(*outputs)
    assert_near(leaves[0].grad, leaves[1].grad)
    of_theirs = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        part, _, leaf = name.rpartition(".")
        assert_near(parameter.grad, of_theirs[f"{parts[part]}.{leaf}"].grad)


@pytest.mark.parametrize("make", [cbam, coordinate, global_context], ids=lambda make: make.__name__)
def test_inference_equals_timm(make: Callable[[], Pair]) -> None:
    """Without gradients, where products are written in place, the values are the same."""
    torch.manual_seed(0)
    ours, theirs, _ = with_same_weights(make, training=False)
    x = torch.randn(2, CHANNELS, 5, 7, dtype=torch.float64)
    with torch.inference_mode():
        assert_near(ours(x), theirs(x))
