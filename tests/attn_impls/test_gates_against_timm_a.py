"""SE, ECA and gather-excite against timm's and torchvision's, with the same weights, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from timm.layers.eca import EcaModule
from timm.layers.gather_excite import GatherExcite as TimmGatherExcite
from timm.layers.squeeze_excite import SEModule
from torch import nn
from torchvision.ops import SqueezeExcitation

from attn_impls.gates.eca import EfficientChannelAttention
from attn_impls.gates.gather_excite import GatherExcite, GatherExciteMinus
from attn_impls.gates.squeeze_excite import SqueezeExcite

if TYPE_CHECKING:
    from collections.abc import Mapping

TOLERANCE = 1e-10
CHANNELS = 32
SHAPE = (3, CHANNELS, 8, 6)
FULLY_CONNECTED = {"fc1": "reduce", "fc2": "expand"}


def assert_same(ours: nn.Module, theirs: nn.Module, names: Mapping[str, str], shape: tuple[int, ...] = SHAPE) -> None:
    """Fail unless outputs and gradients of input and parameters agree; ``names``: their parts -> ours."""
    torch.manual_seed(0)
    ours.double()
    theirs.double()
    with torch.no_grad():
        for value in ours.state_dict().values():
            if value.is_floating_point():
                value.uniform_(0.2, 1.2)
        for parameter in ours.parameters():
            parameter.normal_()
    backward_names = {our: their for their, our in names.items()}
    state = {}
    for name, value in ours.state_dict().items():
        part, _, leaf = name.rpartition(".")
        state[f"{backward_names[part]}.{leaf}"] = value
    theirs.load_state_dict(state)

    outputs, gradients = [], []
    x = torch.randn(shape, dtype=torch.float64)
    cotangent = torch.randn(shape, dtype=torch.float64)
    for module in (ours, theirs):
        leaf_x = x.clone().requires_grad_()
        y = module(leaf_x)
        y.backward(cotangent)
        outputs.append(y.detach())
        found = {name: parameter.grad for name, parameter in module.named_parameters()}
        gradients.append({"": leaf_x.grad, **found})
    assert float((outputs[0] - outputs[1]).abs().max()) <= TOLERANCE
    assert len(gradients[0]) == len(gradients[1])
    for name, ours_found in gradients[0].items():
        part, _, leaf = name.rpartition(".")
        theirs_found = gradients[1][f"{backward_names[part]}.{leaf}" if name else ""]
        assert ours_found is not None
        assert theirs_found is not None
        assert float((ours_found - theirs_found).abs().max()) <= TOLERANCE


@pytest.mark.parametrize("shape", [SHAPE, (1, CHANNELS, 1, 1)], ids=["map", "position"])
@pytest.mark.parametrize("bias", [True, False])
def test_squeeze_excite_is_that_of_timm(shape: tuple[int, ...], *, bias: bool) -> None:
    """The same reduction, ReLU and sigmoid."""
    theirs = SEModule(CHANNELS, rd_ratio=1 / 4, rd_divisor=1, bias=bias)
    assert_same(SqueezeExcite(CHANNELS, reduction=4, bias=bias), theirs, FULLY_CONNECTED, shape)


@pytest.mark.parametrize(
    ("excitation", "theirs"),
    [("sigmoid", nn.Sigmoid), ("tanh", nn.Tanh), ("relu", nn.ReLU), ("hard_sigmoid", nn.Hardsigmoid)],
)
@pytest.mark.parametrize(
    ("activation", "their_activation"),
    [("relu", nn.ReLU), ("softplus", nn.Softplus), ("softsign", nn.Softsign), ("leaky_relu", nn.LeakyReLU)],
)
def test_squeeze_excite_is_that_of_torchvision(
    excitation: str, theirs: type[nn.Module], activation: str, their_activation: type[nn.Module]
) -> None:
    """The same excitation and inner activation."""
    oracle = SqueezeExcitation(CHANNELS, CHANNELS // 16, activation=their_activation, scale_activation=theirs)
    assert_same(SqueezeExcite(CHANNELS, excitation=excitation, activation=activation), oracle, FULLY_CONNECTED)


@pytest.mark.parametrize("channels", [16, 64, 256])
@pytest.mark.parametrize("batch", [1, 3])
def test_eca_is_that_of_timm(channels: int, batch: int) -> None:
    """The same kernel length, and the same gates."""
    assert_same(EfficientChannelAttention(channels), EcaModule(channels), {"conv": "conv"}, (batch, channels, 5, 4))


@pytest.mark.parametrize("kernel_size", [1, 3, 7])
def test_eca_with_a_given_kernel_is_that_of_timm(kernel_size: int) -> None:
    """The same gates for a given kernel length."""
    ours = EfficientChannelAttention(CHANNELS, kernel_size=kernel_size)
    assert_same(ours, EcaModule(kernel_size=kernel_size), {"conv": "conv"})


@pytest.mark.parametrize("shape", [SHAPE, (2, CHANNELS, 1, 1)], ids=["map", "position"])
def test_gather_excite_without_parameters_is_that_of_timm(shape: tuple[int, ...]) -> None:
    """Theta-minus: global extent, no parameters, no bottleneck."""
    theirs = TimmGatherExcite(CHANNELS, extent=0, extra_params=False, use_mlp=False, add_maxpool=False)
    assert_same(GatherExciteMinus(CHANNELS), theirs, {}, shape)


@pytest.mark.parametrize("bottleneck", [False, True], ids=["theta", "theta_plus"])
def test_gather_excite_with_parameters_is_that_of_timm(*, bottleneck: bool) -> None:
    """Theta and theta-plus: the forward pass of timm's module, with the parts that its options describe.

    timm 1.0.31 cannot construct them (it hands the names of its keyword arguments over by position), so the parts are
    put into the module that it can construct. Its padding would also leave a map, where a global extent leaves a
    single position.
    """
    theirs = TimmGatherExcite(CHANNELS, extent=0, extra_params=False, use_mlp=False, add_maxpool=False)
    theirs.gather = nn.Sequential()
    theirs.gather.add_module("conv1", nn.Conv2d(CHANNELS, CHANNELS, SHAPE[2:], groups=CHANNELS, bias=False))
    theirs.gather.add_module("norm1", nn.BatchNorm2d(CHANNELS))
    names = {"gather.conv1": "gather", "gather.norm1": "norm"}
    if bottleneck:
        mlp = nn.Sequential(nn.Conv2d(CHANNELS, 2, 1), nn.ReLU(), nn.Conv2d(2, CHANNELS, 1))
        theirs.register_module("mlp", mlp)
        names |= {"mlp.0": "excite.0", "mlp.2": "excite.2"}
    assert_same(GatherExcite(CHANNELS, height=8, width=6, bottleneck=bottleneck), theirs, names)
