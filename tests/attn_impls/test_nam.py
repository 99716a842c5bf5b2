"""NAM and its penalty: parameters, degenerate scales, wrappers and errors. Values are compared with the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from attn_impls.gates.nam import NAM, NAMChannel, NAMSpatial, relative
from attn_impls.penalties import nam_penalty

from .hosts import RESNET50

if TYPE_CHECKING:
    from collections.abc import Callable


def scaled_model() -> nn.Module:
    """Return a network with NAM modules at two depths, all of whose scales are known, and a BN of its own."""
    model = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), NAMChannel(4), nn.Sequential(NAM(4, height=2, width=3))
    )
    for module in model.modules():
        if isinstance(module, NAMChannel | NAMSpatial):
            nn.init.constant_(module.norm.weight, -0.5 if isinstance(module, NAMChannel) else 0.25)
    return model


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameters_at_the_end_of_every_block() -> None:
    """On a ResNet-50 for CIFAR, the channel part adds 2 C for each block, the spatial part 2 H W."""
    channel = [count(NAMChannel(channels)) for channels, _, blocks in RESNET50 for _ in range(blocks)]
    spatial = [count(NAMSpatial(c, height=side, width=side)) for c, side, blocks in RESNET50 for _ in range(blocks)]
    assert (sum(channel), sum(spatial)) == (30_208, 9_056)


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("make", [NAMChannel, lambda c, detach: NAMSpatial(c, height=3, width=5, detach=detach)])
def test_scales_of_zero(make: Callable[..., nn.Module], *, detach: bool) -> None:
    """Where every scale is 0 the gates are a half, and the scales still have finite gradients that are not 0."""
    torch.manual_seed(0)
    module = make(4, detach=detach)
    scale = module.get_parameter("norm.weight")
    nn.init.zeros_(scale)
    x = torch.randn(2, 4, 3, 5, requires_grad=True)
    y = module(x)
    assert torch.equal(y, x / 2)
    y.square().sum().backward()
    assert scale.grad is not None
    assert x.grad is not None
    assert scale.grad.isfinite().all()
    assert x.grad.isfinite().all()
    assert scale.grad.count_nonzero() == scale.numel()


def test_weights_do_not_depend_on_signs() -> None:
    """The weights are shares of the magnitudes."""
    assert relative(torch.tensor([3.0, -1.0, 0.0]), detach=False).tolist() == [0.75, 0.25, 0.0]


def test_detached_weights_have_no_gradient() -> None:
    """As in the official code, the gradient reaches the scale through the BN alone: it is W times that of a BN."""
    torch.manual_seed(0)
    x = torch.randn(2, 2, 3, 3)
    gradients = []
    for detach in (True, False):
        module = NAMChannel(2, detach=detach)
        module(x).sum().backward()
        assert module.norm.weight.grad is not None
        gradients.append(module.norm.weight.grad)
    norm = nn.BatchNorm2d(2)
    (expected,) = torch.autograd.grad((x * torch.sigmoid(0.5 * norm(x))).sum(), norm.weight)
    torch.testing.assert_close(gradients[0], expected)
    assert not torch.allclose(gradients[1], gradients[0])


def test_map_of_another_size() -> None:
    """The spatial part says for which size it was built."""
    with pytest.raises(ValueError, match=r"^built for maps of 4 x 6, and given one of 6 x 4$"):
        NAM(2, height=4, width=6)(torch.randn(2, 2, 6, 4))


def compiled(model: nn.Module) -> nn.Module:
    optimized = torch.compile(model, backend="eager")
    assert isinstance(optimized, nn.Module)
    return optimized


WRAPPERS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "bare": lambda model: model,
    "sequential": lambda model: nn.Sequential(nn.Identity(), model),
    "data_parallel": nn.DataParallel,
    "compiled": compiled,
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_penalty_is_the_sum_of_magnitudes(wrap: Callable[[nn.Module], nn.Module]) -> None:
    """It is p times the sum of the magnitudes of all scales of NAM, at any depth, whatever wraps the model."""
    penalty = nam_penalty(wrap(scaled_model()), 0.001)
    # Two channel parts of four scales, one spatial part of six.
    assert penalty.item() == pytest.approx(0.001 * (8 * 0.5 + 6 * 0.25), rel=1e-6)


def test_penalty_has_the_gradient_of_its_scales_alone() -> None:
    """The gradient is p times the sign, in every scale of NAM and in no other parameter."""
    model = scaled_model()
    torch.autograd.backward(nam_penalty(model, 0.5))
    gradients = {
        name: sorted(set(parameter.grad.tolist()))
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    assert gradients == {
        "2.norm.weight": [-0.5],
        "3.0.channel.norm.weight": [-0.5],
        "3.0.spatial.norm.weight": [0.5],
    }


def test_penalty_counts_a_shared_module_once() -> None:
    """A module that stands in two places has one set of scales."""
    shared = NAMChannel(4)
    assert nam_penalty(nn.Sequential(shared, shared), 1.0).item() == 4


def test_penalty_of_a_model_without_nam() -> None:
    """There is nothing to penalise: 0, not the scales of other batch normalisations."""
    assert nam_penalty(nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)), 1.0).item() == 0


@pytest.mark.parametrize("p", [-1e-4, float("nan")])
def test_penalty_that_would_reward(p: float) -> None:
    """A negative p would make scales grow without end."""
    with pytest.raises(ValueError, match=r"^p is .*; a penalty cannot be negative$"):
        nam_penalty(scaled_model(), p)
