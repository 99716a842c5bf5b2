"""CBAM: parameters, initialisation, edges and errors. Values are compared with the reference and with timm."""

from __future__ import annotations

import pytest
import torch
from torchvision.models import resnet50

from attn_impls.gates.cbam import CBAM
from attn_impls.plane_gate import pool

from .hosts import RESNET50


def test_parameters_of_the_published_resnet() -> None:
    """CBAM in all sixteen blocks of ResNet-50 gives the parameters of the official CBAM-ResNet-50."""
    with torch.device("meta"):
        modules = [resnet50(), *(CBAM(channels) for channels, _, blocks in RESNET50 for _ in range(blocks))]
    assert sum(parameter.numel() for module in modules for parameter in module.parameters()) == 28_089_624


def test_spatial_gate_is_a_half_at_first() -> None:
    """With a scale of 0 in its BN, the spatial part halves everything."""
    torch.manual_seed(0)
    module, x = CBAM(32), torch.randn(2, 32, 5, 7)
    assert torch.equal(module.spatial(pool(x, 1)), torch.full((2, 1, 5, 7), 0.5))


def test_spatial_gate_without_zero_init() -> None:
    """The option gives a spatial part that tells positions apart from the start."""
    torch.manual_seed(0)
    gates = CBAM(32, zero_init=False).spatial(pool(torch.randn(2, 32, 5, 7), 1))
    assert gates.unique().numel() == 70


def test_scale_of_the_spatial_gate_is_trained_from_zero() -> None:
    """At a scale of 0 the convolution has no gradient, but the scale has."""
    torch.manual_seed(0)
    module = CBAM(32)
    module(torch.randn(2, 32, 5, 7)).square().sum().backward()
    convolution, scale = module.spatial.convolution.weight.grad, module.spatial.norm.weight.grad
    assert convolution is not None
    assert scale is not None
    assert convolution.count_nonzero() == 0
    assert scale.count_nonzero() == 1


@pytest.mark.parametrize(("channels", "width"), [(64, 4), (40, 2), (8, 1)])
def test_width_of_the_bottleneck(channels: int, width: int) -> None:
    """A sixteenth of the channels, rounded down, and never less than one."""
    assert CBAM(channels).channel.reduce.weight.shape == (width, channels, 1, 1)


@pytest.mark.parametrize("kernel_size", [0, 2, -1])
def test_kernel_that_would_change_the_size(kernel_size: int) -> None:
    """Only odd kernels can be padded so that the map keeps its size."""
    with pytest.raises(ValueError, match=rf"^kernel_size is {kernel_size}; choose an odd number"):
        CBAM(8, kernel_size=kernel_size)


def test_reduction_below_one() -> None:
    """There is no bottleneck of less than nothing."""
    with pytest.raises(ValueError, match=r"^reduction is 0; choose 1 or more$"):
        CBAM(8, reduction=0)
