"""Every registered implementation against the slow reference, in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from torch.autograd import grad, gradcheck
from torch.nn import functional

from attn_impls import Family

from . import reference
from .setups import ALL_SETUPS, MODULE_SETUPS, SPECS, as_function, build, reference_of

if TYPE_CHECKING:
    from torch import Tensor

    from attn_impls import Spec

    from .setups import Setup

every_setup = pytest.mark.parametrize("setup", ALL_SETUPS, ids=str)
both_modes = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])

#: Relative to the largest magnitude expected: a few thousand roundings of float64.
TOLERANCE = 1e-12
#: The backward pass of nn.Hardsigmoid multiplies by a float32 1/6, whatever the dtype: 3e-8 off in float64.
GRADIENT_TOLERANCES = {"se/hard_sigmoid": 1e-7, "hard_sigmoid": 1e-7}


def assert_same(ours: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    """Fail if any element is further off than the tolerance times the largest magnitude expected."""
    assert ours.shape == expected.shape
    scale = max(1.0, float(expected.detach().abs().max()))
    error = float((ours - expected).detach().abs().max())
    assert error <= tolerance * scale, f"off by {error:.3g}, where the largest magnitude is {scale:.3g}"


@pytest.mark.parametrize(
    # Those between tokens have a test of their own.
    "spec",
    [spec for spec in SPECS if spec.family not in {Family.ATTENTION, Family.MIXER}],
    ids=lambda spec: spec.name,
)
def test_every_implementation_has_a_reference(spec: Spec) -> None:
    """Nothing is registered without a reference to hold it against."""
    assert callable(reference_of(spec))


@both_modes
@every_setup
def test_values_equal_the_reference(setup: Setup, *, training: bool) -> None:
    """An implementation computes what its paper defines."""
    module, x = build(setup, training=training)
    weights = {name: value.clone() for name, value in module.state_dict().items()}
    expected = reference_of(setup.spec)(x.clone(), weights, replace(setup.setting, training=training))
    assert_same(module(x), expected)


@both_modes
@every_setup
def test_gradients_equal_those_of_the_reference(setup: Setup, *, training: bool) -> None:
    """The gradients of the input and of every parameter are those of the definition."""
    module, x = build(setup, training=training)
    call, parameters = as_function(module)
    names = [name for name, _ in module.named_parameters()]
    weights = {**dict(module.named_buffers()), **dict(zip(names, parameters, strict=True))}
    leaf = x.clone().requires_grad_()

    expected = reference_of(setup.spec)(leaf, weights, replace(setup.setting, training=training))
    cotangent = torch.randn_like(expected)
    expected_gradients = grad(expected, [leaf, *parameters], cotangent)
    gradients = grad(call(leaf, *parameters), [leaf, *parameters], cotangent)

    tolerance = GRADIENT_TOLERANCES.get(setup.spec.name, TOLERANCE)
    for ours, theirs in zip(gradients, expected_gradients, strict=True):
        assert_same(ours, theirs, tolerance)


@both_modes
@pytest.mark.parametrize("setup", [s for s in ALL_SETUPS if s.variant != "grouped"], ids=str)
def test_gradients_equal_finite_differences(setup: Setup, *, training: bool) -> None:
    """The backward pass is the derivative of the forward pass."""
    module, x = build(setup, training=training)
    call, parameters = as_function(module)
    # The fast mode projects on random directions: a wrong gradient anywhere shows, at two calls a tensor.
    assert gradcheck(call, (x.requires_grad_(), *parameters), fast_mode=bool(parameters))


@every_setup
def test_leaves_its_input_as_it_was(setup: Setup) -> None:
    """In-place activations never reach the caller's tensor."""
    module, x = build(setup)
    before = x.clone()
    module(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("setup", MODULE_SETUPS, ids=str)
def test_takes_one_channels_last_sample(setup: Setup) -> None:
    """The memory layout of the feature map and the batch size do not change a sample's result."""
    module, x = build(setup, training=False)
    one = x[:1].to(memory_format=torch.channels_last)
    assert_same(module(one), module(x)[:1])


@every_setup
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_keeps_the_dtype(setup: Setup, dtype: torch.dtype) -> None:
    """What goes in as one dtype comes out as it."""
    module, x = build(setup, training=False)
    assert module.to(dtype)(x.to(dtype)).dtype is dtype


@pytest.mark.parametrize(("stride", "groups"), [(1, 1), (2, 1), (1, 2), (2, 4)])
def test_convolution_of_the_reference_is_a_convolution(stride: int, groups: int) -> None:
    """The reference's own loops agree with the library's convolution."""
    torch.manual_seed(0)
    x, bias = torch.randn(2, 4, 5, 6, dtype=torch.float64), torch.randn(8, dtype=torch.float64)
    weight = torch.randn(8, 4 // groups, 3, 3, dtype=torch.float64)
    expected = functional.conv2d(x, weight, bias, stride, 1, 1, groups)
    assert_same(reference.convolution(x, weight, bias, stride=stride, groups=groups), expected)


@both_modes
def test_batch_norm_of_the_reference_is_a_batch_norm(*, training: bool) -> None:
    """The reference's own loops agree with the library's batch normalisation."""
    torch.manual_seed(0)
    x = torch.randn(3, 2, 4, 5, dtype=torch.float64)
    mean, variance, weight, bias = (torch.rand(2, dtype=torch.float64) for _ in range(4))
    weights = {"norm.running_mean": mean, "norm.running_var": variance, "norm.weight": weight, "norm.bias": bias}
    ours = reference.batch_norm(x, weights, "norm", training=training)
    assert_same(ours, functional.batch_norm(x, mean, variance, weight, bias, training=training))
