"""Gather-excite: map sizes, parameters and its global convolution."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from attn_impls import builtin
from attn_impls.gates.gather_excite import GatherExcite, GatherExciteMinus, WholeMap

from .setups import SITES


@pytest.mark.parametrize("size", [(1, 1), (4, 3), (7, 7)])
def test_theta_minus_takes_any_size(size: tuple[int, int]) -> None:
    """Without parameters nothing depends on the map's size: a constant map of ones is gated by sigmoid(1)."""
    module, x = GatherExciteMinus(5), torch.ones(2, 5, *size)
    torch.testing.assert_close(module(x), torch.full_like(x, 0.7310586))


@pytest.mark.parametrize(
    ("name", "count"),
    [("ge/theta_minus", 0), ("ge/theta", 8 * 12 + 16), ("ge/theta_plus", 8 * 12 + 16 + (8 + 1) + (8 + 8))],
)
def test_parameters(name: str, count: int) -> None:
    """Theta has a weight for every element of a sample and a BN; theta-plus two 1x1 convolutions more."""
    module = builtin().specs[name].build(SITES["grouped"])
    assert sum(p.numel() for p in module.parameters()) == count


def test_its_convolution_is_a_convolution() -> None:
    """The global convolution is nn.Conv2d with the same weights, in values and gradients."""
    torch.manual_seed(0)
    ours = WholeMap(6, height=4, width=3).double()
    theirs = nn.Conv2d(6, 6, (4, 3), groups=6, bias=False).double()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 6, 4, 3, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-12, atol=1e-12)
    gradients = [torch.autograd.grad(f(x).square().sum(), [x, f.weight]) for f in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_its_convolution_is_one_without_gradients(layout: torch.memory_format) -> None:
    """Inference has a product of matrices in its place, with the values of nn.Conv2d whatever the memory layout."""
    torch.manual_seed(0)
    ours = WholeMap(6, height=4, width=3).double()
    x = torch.randn(2, 6, 4, 3, dtype=torch.float64).contiguous(memory_format=layout)
    with torch.inference_mode():
        expected = nn.functional.conv2d(x, ours.weight, groups=6)
        torch.testing.assert_close(ours(x), expected, rtol=1e-12, atol=1e-12)


def test_a_map_of_another_size() -> None:
    """A map that the weights do not fit is refused, with both sizes."""
    message = r"^built for maps of 4x3, not 8x8; ge/theta_minus takes any size$"
    with pytest.raises(ValueError, match=message):
        GatherExcite(4, height=4, width=3)(torch.zeros(2, 4, 8, 8))


def test_wrong_reduction() -> None:
    """A bottleneck wider than its input is refused."""
    with pytest.raises(ValueError, match=r"^reduction is 0; choose 1 or more$"):
        GatherExcite(4, height=4, width=3, bottleneck=True, reduction=0)


@pytest.mark.parametrize("name", ["ge/theta_minus", "ge/theta", "ge/theta_plus"])
def test_compiles_to_one_graph(name: str) -> None:
    """torch.compile finds no break in it."""
    module, x = builtin().specs[name].build(SITES["grouped"]).eval(), torch.randn(2, 8, 4, 3)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
