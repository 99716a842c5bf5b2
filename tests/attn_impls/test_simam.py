"""SimAM: its energy by hand, maps of a single position, and half precision."""

from __future__ import annotations

import pytest
import torch

from attn_impls.gates.simam import SimAM


def test_gates_of_a_small_map() -> None:
    """1, 2, 3, 4: squared deviations 9/4, 1/4, 1/4, 9/4 and the variance 5/3 give the energies."""
    x = torch.arange(1, 5, dtype=torch.float64).view(1, 1, 2, 2)
    squares = torch.tensor([2.25, 0.25, 0.25, 2.25], dtype=torch.float64).view(1, 1, 2, 2)
    expected = x * torch.sigmoid(squares / (4 * (5 / 3 + 1e-4)) + 0.5)
    torch.testing.assert_close(SimAM(1)(x), expected, rtol=1e-12, atol=1e-12)


def test_a_single_position_has_no_variance() -> None:
    """On a 1x1 map the gate is sigmoid(1/2), and values and gradients are finite."""
    x = torch.tensor([-2.0, 3.0]).view(1, 2, 1, 1).requires_grad_()
    y = SimAM(2)(x)
    torch.testing.assert_close(y, x * 0.6224593)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(gradient, torch.full_like(x, 0.6224593))


def test_a_constant_map() -> None:
    """A map without any variance is gated by sigmoid(1/2) everywhere: lambda keeps 0 / 0 away."""
    x = torch.full((1, 1, 4, 3), 2.0)
    torch.testing.assert_close(SimAM(1)(x), torch.full_like(x, 2 * 0.6224593))


def test_has_no_parameters() -> None:
    """SimAM learns nothing."""
    assert list(SimAM(8).parameters()) == []


def test_wrong_regularization() -> None:
    """A lambda that protects nothing is refused."""
    with pytest.raises(ValueError, match=r"^regularization is 0; choose a positive number$"):
        SimAM(8, regularization=0)


def test_compiles_to_one_graph() -> None:
    """torch.compile finds no break in it."""
    module, x = SimAM(4), torch.randn(2, 4, 4, 3)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
