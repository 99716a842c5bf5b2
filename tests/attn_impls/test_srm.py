"""Style-based recalibration: where it starts, its variance, and maps of a single position."""

from __future__ import annotations

import pytest
import torch

from attn_impls.gates.srm import StyleRecalibration


def test_starts_with_half_gates() -> None:
    """With style weights of 0 every gate is sigmoid(0)."""
    module, x = StyleRecalibration(4), torch.randn(2, 4, 4, 3)
    torch.testing.assert_close(module(x), 0.5 * x)


def test_four_parameters_a_channel() -> None:
    """Two style weights and a BN."""
    assert sum(p.numel() for p in StyleRecalibration(8).parameters()) == 32


@pytest.mark.parametrize(("sample_variance", "variance"), [(True, 5 / 3), (False, 5 / 4)])
def test_variance(*, sample_variance: bool, variance: float) -> None:
    """The variance of 1, 2, 3, 4 is 5/3 over one position less, as in the official code, and 5/4 over all four."""
    module = StyleRecalibration(1, sample_variance=sample_variance).double().eval()
    with torch.no_grad():
        module.style_weight.copy_(torch.tensor([[0.0, 1.0]]))
    x = torch.arange(1, 5, dtype=torch.float64).view(1, 1, 2, 2)
    deviation = torch.tensor(variance + 1e-5, dtype=torch.float64).sqrt()
    # BN in evaluation mode, new: it divides by the root of 1 + 1e-5.
    expected = x * torch.sigmoid(deviation / torch.tensor(1 + 1e-5, dtype=torch.float64).sqrt())
    torch.testing.assert_close(module(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sample_variance", [True, False])
def test_a_single_position_has_no_variance(*, sample_variance: bool) -> None:
    """On a 1x1 map the deviation is the root of epsilon, and values and gradients are finite."""
    torch.manual_seed(0)
    module = StyleRecalibration(3, sample_variance=sample_variance)
    torch.nn.init.ones_(module.style_weight)
    module.eval()
    x = torch.randn(4, 3, 1, 1, requires_grad=True)
    y = module(x)
    torch.testing.assert_close(y, x * torch.sigmoid((x + 1e-5**0.5) / (1 + 1e-5) ** 0.5))
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert torch.isfinite(gradient).all()


def test_compiles_to_one_graph() -> None:
    """torch.compile finds no break in it."""
    module, x = StyleRecalibration(4).eval(), torch.randn(2, 4, 4, 3)
    torch.nn.init.ones_(module.style_weight)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
