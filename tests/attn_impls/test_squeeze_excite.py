"""Squeeze-and-excitation: the ablations of its paper."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from torch.autograd import grad

from attn_impls import builtin
from attn_impls.gates.squeeze_excite import SqueezeExcite

from .reference import Setting, average, hard_sigmoid, relu, sigmoid
from .reference_channel import identity, map_by_map, squeeze_excite
from .setups import SITES, Setup, as_function, build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from attn_impls.spec import Option

SITE = replace(SITES["grouped"], in_channels=16, out_channels=16)

SQUEEZES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "avg": average,
    "max": partial(map_by_map, function=torch.max),
    "none": identity,
}
EXCITATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": sigmoid,
    "tanh": lambda x: (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x)),
    "relu": relu,
    "hard_sigmoid": hard_sigmoid,
}
ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": relu,
    "felu": lambda x: torch.where(x > 0, x, (torch.exp(x) - 1) / (1 + torch.exp(-x))),
    "softplus": lambda x: torch.log(1 + torch.exp(x)),
    "sigmoid": sigmoid,
    "softsign": lambda x: x / (1 + x.abs()),
    "leaky_relu": lambda x: torch.where(x > 0, x, 0.01 * x),
}
#: The backward pass of nn.Hardsigmoid multiplies by a float32 1/6, whatever the dtype.
GRADIENT_TOLERANCES = {"hard_sigmoid": 1e-7}


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no_bias"])
@pytest.mark.parametrize(
    ("squeeze", "activation", "excitation"),
    [
        *((squeeze, "relu", "sigmoid") for squeeze in SQUEEZES),
        *(("avg", activation, "sigmoid") for activation in ACTIVATIONS),
        *(("avg", "relu", excitation) for excitation in EXCITATIONS),
        ("none", "felu", "tanh"),
        ("max", "softplus", "relu"),
    ],
)
def test_ablation_equals_the_reference(squeeze: str, activation: str, excitation: str, *, bias: bool) -> None:
    """Every squeeze, inner activation and excitation has the values and the gradients of its definition."""
    options: dict[str, Option] = {
        "squeeze": squeeze,
        "activation": activation,
        "excitation": excitation,
        "bias": bias,
        "reduction": 4,
    }
    spec = builtin().find("se").with_options(options)
    setup = Setup(spec=spec, variant="ablation", shape=(3, 16, 4, 3), setting=Setting(), site=SITE)
    module, x = build(setup)
    call, leaves = as_function(module)
    weights = dict(zip([name for name, _ in module.named_parameters()], leaves, strict=True))
    x.requires_grad_()

    expected = squeeze_excite(
        SQUEEZES[squeeze], ACTIVATIONS[activation], EXCITATIONS[excitation], x, weights, setup.setting
    )
    ours = call(x, *leaves)
    torch.testing.assert_close(ours, expected, rtol=1e-11, atol=1e-11)
    cotangent = torch.randn_like(expected)
    tolerance = GRADIENT_TOLERANCES.get(excitation, 1e-11)
    for got, wanted in zip(grad(ours, [x, *leaves], cotangent), grad(expected, [x, *leaves], cotangent), strict=True):
        torch.testing.assert_close(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 64 * 4 * 2 + 4 + 64),
        ({"bias": False}, 64 * 4 * 2),
        ({"reduction": 2}, 64 * 32 * 2 + 32 + 64),
        ({"squeeze": "max"}, 64 * 4 * 2 + 4 + 64),
        ({"squeeze": "none", "bias": False}, 64 * 4 * 2),
        ({"activation": "felu", "excitation": "tanh"}, 64 * 4 * 2 + 4 + 64),
    ],
)
def test_parameters_of_the_ablations(options: dict[str, str | int | bool], count: int) -> None:
    """Two matrices of C times C / r, and a bias for each of their rows unless there is none; r is 16 by default."""
    module = SqueezeExcite(64, **options)  # type: ignore[arg-type]
    assert sum(p.numel() for p in module.parameters()) == count


@pytest.mark.parametrize(
    ("reduction", "without", "with_bias"),
    [(2, 45.677, 45.699), (4, 35.617, 35.636), (8, 30.587, 30.604), (16, 28.072, 28.088), (32, 26.815, 26.830)],
)
def test_parameters_in_resnet_50(reduction: int, without: float, with_bias: float) -> None:
    """In all blocks of ResNet-50, which has 25,557,032 parameters, SE makes it as large as table 10's networks are."""
    blocks = {256: 3, 512: 4, 1024: 6, 2048: 3}

    def millions(*, bias: bool) -> float:
        with torch.device("meta"):
            gates = [(n, SqueezeExcite(channels, reduction=reduction, bias=bias)) for channels, n in blocks.items()]
        return (25_557_032 + sum(n * p.numel() for n, gate in gates for p in gate.parameters())) / 1e6

    assert (round(millions(bias=False), 3), round(millions(bias=True), 3)) == (without, with_bias)


@pytest.mark.parametrize(("channels", "reduction", "width"), [(72, 16, 4), (24, 16, 1), (8, 16, 1), (30, 4, 7)])
def test_the_width_is_rounded_down(channels: int, reduction: int, width: int) -> None:
    """The bottleneck of channels that the reduction does not divide is rounded down, but never to nothing."""
    assert SqueezeExcite(channels, reduction=reduction).reduce.out_channels == width


def test_no_squeeze_on_a_single_position() -> None:
    """On a 1x1 map there is nothing to squeeze: with and without, SE is the same."""
    torch.manual_seed(0)
    with_squeeze, without = SqueezeExcite(16, reduction=4), SqueezeExcite(16, reduction=4, squeeze="none")
    without.load_state_dict(with_squeeze.state_dict())
    x = torch.randn(3, 16, 1, 1)
    torch.testing.assert_close(without(x), with_squeeze(x), rtol=1e-6, atol=1e-6)


def test_no_squeeze_gates_every_position() -> None:
    """Without a squeeze, what stands elsewhere in a map changes nothing at a position."""
    torch.manual_seed(0)
    module = SqueezeExcite(16, reduction=4, squeeze="none").double()
    x = torch.randn(2, 16, 4, 3, dtype=torch.float64)
    torch.testing.assert_close(module(x)[:, :, 1:2, 2:3], module(x[:, :, 1:2, 2:3]), rtol=1e-12, atol=1e-12)


def test_compiles_to_one_graph() -> None:
    """torch.compile finds no break in it."""
    module, x = SqueezeExcite(16, reduction=4), torch.randn(2, 16, 4, 3)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reduction": 0}, r"^reduction is 0; choose 1 or more$"),
        ({"squeeze": "mean"}, r"^unknown squeeze 'mean'; choose from avg, max, none$"),
        ({"excitation": "gelu"}, r"^unknown excitation 'gelu'; choose from sigmoid, tanh, relu, hard_sigmoid$"),
        (
            {"activation": "gelu"},
            r"^unknown activation 'gelu'; choose from relu, felu, softplus, sigmoid, softsign, leaky_relu$",
        ),
    ],
)
def test_wrong_options_are_refused(options: dict[str, str | int], message: str) -> None:
    """A wrong option is answered with the right ones."""
    with pytest.raises(ValueError, match=message):
        SqueezeExcite(16, **options)  # type: ignore[arg-type]
