"""Triplet attention: parameters, symmetry and errors. Values are compared with the reference."""

from __future__ import annotations

import pytest
import torch

from attn_impls.gates.triplet import Triplet


@pytest.mark.parametrize(("kernel_size", "parameters"), [(7, 300), (3, 60)])
def test_parameters(kernel_size: int, parameters: int) -> None:
    """Three convolutions of two maps to one, and three BN, whatever the channels."""
    module = Triplet(256, kernel_size=kernel_size)
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters


def test_halves_where_the_gates_know_nothing() -> None:
    """With a scale of 0 in every BN, each gate is a half, and so is their mean."""
    torch.manual_seed(0)
    module, x = Triplet(8).double(), torch.randn(2, 8, 5, 7, dtype=torch.float64)
    with torch.no_grad():
        for gate in (module.cw, module.hc, module.hw):
            gate.norm.weight.zero_()
    torch.testing.assert_close(module(x), x / 2, rtol=1e-12, atol=0)


@pytest.mark.parametrize("kernel_size", [0, 4])
def test_kernel_that_would_change_the_size(kernel_size: int) -> None:
    """Only odd kernels can be padded so that the map keeps its size."""
    with pytest.raises(ValueError, match=rf"^kernel_size is {kernel_size}; choose an odd number"):
        Triplet(8, kernel_size=kernel_size)
