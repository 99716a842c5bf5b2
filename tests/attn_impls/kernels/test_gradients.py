"""Derivatives of the fused kernels against those of the slow form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_impls.kernels import operators, plain
from attn_impls.normalizers import HardSoftmax

from .exact_gradients import exact_gradient, extended, rows_up_to_the_ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
LAYOUTS = [((3, 5, 2), 1), ((2, 2, 40), 1), ((40, 2), 1), ((2, 3, 7), 1), ((4, 37), -1), ((2, 30, 33), 1), ((9,), 0)]

#: Rows longer than a tile, and columns that do not fit into one.
LONG = [((2, 2500), 1), ((600, 40), 0), ((2, 70, 300), 1)]


def plain_gradient(logits: Tensor, dim: int, grad: Tensor) -> Tensor:
    return plain.hard_softmax_backward(grad, logits, dim)


def kernel_gradient(logits: Tensor, dim: int, grad: Tensor) -> Tensor:
    leaf = logits.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(operators.hard_softmax(leaf, dim), leaf, grad)
    return gradient


GRADIENTS = pytest.mark.parametrize("gradient", [kernel_gradient, plain_gradient])


@GRADIENTS
@pytest.mark.parametrize("layout", LAYOUTS + LONG)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([0.5, 3.0, 100.0]), dtype=st.sampled_from(DTYPES))
def test_gradient_agrees_with_autograd_of_the_slow_form(
    gradient: Callable[[Tensor, int, Tensor], Tensor],
    layout: tuple[tuple[int, ...], int],
    seed: int,
    scale: float,
    dtype: torch.dtype,
) -> None:
    """In any dtype the gradient is that of the piecewise form in float64, within a few roundings."""
    shape, dim = layout
    seeded = torch.Generator().manual_seed(seed)
    logits = (scale * torch.randn(shape, generator=seeded, dtype=torch.float64)).to(dtype)
    grad = torch.randn(shape, generator=seeded, dtype=torch.float64).to(dtype)
    found = gradient(logits, dim, grad)
    exact = logits.double().detach().requires_grad_()
    HardSoftmax(dim)(exact).backward(grad.double())
    assert exact.grad is not None
    assert found.dtype is dtype
    # The error is that of a difference of gradients, times dE/dx / S.
    x = logits.double()
    energies = torch.where(x > 0, 1 + x, 1 / (1 - x.clamp(max=0)))
    slopes = energies.clamp(max=1) ** 2 / energies.sum(dim, keepdim=True)
    # Side by side, the energies of a line are added one after the other: each addition rounds.
    relative = 8 * torch.finfo(dtype).eps + shape[dim] / 2 * torch.finfo(plain.sum_dtype(dtype)).eps
    bound = relative * float(slopes.max() * grad.double().abs().max())
    assert float((found.double() - exact.grad).abs().max()) <= bound


@pytest.mark.parametrize(("shape", "dim"), LAYOUTS)
def test_gradcheck(shape: tuple[int, ...], dim: int) -> None:
    """Both kernels' derivatives are what differences of their values say, away from the seam at 0."""
    seeded = torch.Generator().manual_seed(0)
    logits = torch.randn(shape, generator=seeded, dtype=torch.float64)
    # The second derivative jumps at 0: a difference across it is no check.
    logits = torch.where(logits.abs() < 1e-3, 0.1, logits).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: operators.hard_softmax(x, dim), logits)
    assert torch.autograd.gradcheck(lambda x: operators.softmax(x, dim), logits)


@GRADIENTS
@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        # Weights of E = 2, 1: dw1/dx1 = E1' E2 / (E1 + E2)^2 with E1' = 1; dw1/dx2 = -E1 E2' / (E1 + E2)^2.
        ([1.0, 0.0], [1 / 9, -2 / 9]),
        # E = 1, 2: the slope at 0 is 1 from both sides.
        ([0.0, 1.0], [2 / 9, -1 / 9]),
        # E = 1/2, 1 with slopes 1/4, 1.
        ([-1.0, 0.0], [1 / 9, -2 / 9]),
        # E = 0, 2, 1: a masked logit takes no part.
        ([1.0, 0.0, -torch.inf], [1 / 9, -2 / 9, 0.0]),
    ],
)
def test_gradient_at_the_seams(
    gradient: Callable[[Tensor, int, Tensor], Tensor], logits: list[float], expected: list[float]
) -> None:
    """The gradient of the first weight is right where the pieces meet, at x = 1 and beside a mask."""
    x = torch.tensor(logits, dtype=torch.float64)
    first = torch.zeros_like(x)
    first[0] = 1
    assert gradient(x, 0, first).tolist() == pytest.approx(expected, rel=1e-14)


@GRADIENTS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("along_columns", [False, True])
def test_gradient_is_finite_at_the_ends_of_the_dtype(
    gradient: Callable[[Tensor, int, Tensor], Tensor], *, along_columns: bool, dtype: torch.dtype
) -> None:
    """No finite logits give a gradient that is not: S and 1 / S may leave the dtype, their uses do not."""
    most = torch.finfo(dtype).max
    pairs = [[most, most], [-most, -most], [most, -most], [1.0, -most], [most, -1.0]]
    for row in ([most] * 6, [-most] * 6, [most, -most] * 3, [-most], [0.0, -most, 1.0], *pairs):
        x = torch.tensor(row, dtype=dtype)
        grad = torch.linspace(-100, 100, len(row)).to(dtype)
        if along_columns:
            x, grad = x[:, None].repeat(1, 3), grad[:, None].repeat(1, 3)
        assert bool(gradient(x, 0, grad).isfinite().all()), row


@GRADIENTS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("length", [2, 3, 4, 197, 1000, 2500])
@pytest.mark.parametrize("along_columns", [False, True])
def test_gradient_up_to_the_ends_of_the_dtype(
    gradient: Callable[[Tensor, int, Tensor], Tensor], *, along_columns: bool, length: int, dtype: torch.dtype
) -> None:
    """It is right wherever the sum of energies leaves the dtype, or its reciprocal does."""
    logits = rows_up_to_the_ends(length, dtype)
    drawn = torch.randn(logits.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    grad = (10 * drawn).to(dtype)
    exact, allowed = exact_gradient(logits, grad)
    found = gradient(logits.t(), 0, grad.t()).t() if along_columns else gradient(logits, 1, grad)
    assert bool((np.abs(extended(found) - exact) <= allowed).all())


def test_gradient_from_a_sum() -> None:
    """A gradient that is one number spread out has no memory of its own; that of a sum of weights is 0."""
    logits = torch.randn(4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    torch.autograd.backward(operators.hard_softmax(logits, 1).sum())
    assert logits.grad is not None
    assert float(logits.grad.abs().max()) < 1e-15


def test_what_is_kept_for_the_gradient() -> None:
    """The logits alone, where they are: the weights may be freed, and nothing is kept beside them."""
    logits = torch.randn(8, 3, 100, requires_grad=True)
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        weights = operators.hard_softmax(logits, 1)
    assert weights.requires_grad
    assert [tensor.data_ptr() for tensor in kept] == [logits.data_ptr()]
