"""HardSoftmax, piecewise and as its paper writes it: at its seams, at the ends of a dtype, and with masked logits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_impls.activations import plu
from attn_impls.normalizers import HardSoftmax, HardSoftmaxAsWritten

if TYPE_CHECKING:
    from torch import Tensor

INFINITY = math.inf


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-1e3, 1e3))
def test_hard_softmax_energies_of_opposites_are_reciprocal(x: float) -> None:
    """E(x) E(-x) = 1, as for exp: with E(0) = 1, the weights of x, 0, -x have w1 w3 = w2 squared."""
    first, middle, last = HardSoftmax(0)(torch.tensor([x, 0.0, -x], dtype=torch.float64)).tolist()
    assert first * last == pytest.approx(middle**2, rel=1e-13)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=6))
def test_hard_softmax_equals_the_form_as_written(values: list[float]) -> None:
    """Both forms of HardSoftmax are one function: in float64, down to -100, they agree to twelve digits."""
    logits = torch.tensor(values, dtype=torch.float64)
    assert HardSoftmax(0)(logits).tolist() == pytest.approx(HardSoftmaxAsWritten(0)(logits).tolist(), rel=1e-12)


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        # Weights of E = 2, 1: dw1/dx1 = E1' E2 / (E1 + E2)^2 with E1' = 1; dw1/dx2 = -E1 E2' / (E1 + E2)^2.
        ([1.0, 0.0], [1 / 9, -2 / 9]),
        # E = 1, 2: the slope at 0 is 1 from both sides.
        ([0.0, 1.0], [2 / 9, -1 / 9]),
        # E = 1/2, 1 with slopes 1/4, 1.
        ([-1.0, 0.0], [1 / 9, -2 / 9]),
    ],
)
def test_hard_softmax_gradient_at_its_seams(logits: list[float], expected: list[float]) -> None:
    """The gradient is right at x = 0, where the pieces meet, and at x = 1, where the unused piece divides by 0."""
    x = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    HardSoftmax(0)(x)[0].backward()
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx(expected, rel=1e-14)


def test_hard_softmax_gradient_of_masked_logits() -> None:
    """A masked logit gets no gradient, and spoils none: E = 0, 2, 1 with slopes 0, 1, 1."""
    x = torch.tensor([-INFINITY, 1.0, 0.0], dtype=torch.float64, requires_grad=True)
    HardSoftmax(0)(x)[1].backward()
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx([0, 1 / 9, -2 / 9], rel=1e-14)


def test_as_written_masks_nothing() -> None:
    """The paper's form of HardSoftmax turns one -inf into a row of NaN, -inf / inf."""
    weights = HardSoftmaxAsWritten(0)(torch.tensor([-INFINITY, 1.0, -1.0], dtype=torch.float64))
    assert bool(weights.isnan().all())


def energy_error(energy: Tensor, x: Tensor) -> float:
    """Relative error of E at a negative x, where E = 1 / (1 - x)."""
    return abs(float(energy) * (1 - float(x)) - 1)


def test_as_written_cancels_in_bfloat16() -> None:
    """PLU(x) + 1 is more than 1% off in bfloat16 at x = -1.9453125 already, the first such x below 0."""
    x = torch.tensor(-1.9453125, dtype=torch.bfloat16)
    assert energy_error(plu(x) + 1, x) == pytest.approx(0.0106, abs=1e-4)


def test_piecewise_does_not_cancel_in_bfloat16() -> None:
    """HardSoftmax stays within 1% of the exact weight wherever bfloat16 goes below 0; as written it does not."""
    below_zero = -torch.arange(0.0078125, 255, 0.25, dtype=torch.bfloat16)
    rows = torch.stack([below_zero, torch.zeros_like(below_zero)])
    # Beside E(0) = 1, E = 1 / (1 - x) has the weight E / (E + 1) = 1 / (2 - x).
    exact = 1 / (2 - below_zero.double())
    piecewise = (HardSoftmax(0)(rows)[0].double() / exact - 1).abs().max()
    as_written = (HardSoftmaxAsWritten(0)(rows)[0].double() / exact - 1).abs().max()
    assert float(piecewise) < 0.01
    assert float(as_written) > 0.1


def test_as_written_loses_logits_that_piecewise_keeps() -> None:
    """At -512 in bfloat16 the form as written has E = 0, so a row of such logits is NaN; piecewise it is even."""
    logits = torch.full((2,), -512.0, dtype=torch.bfloat16)
    assert bool(HardSoftmaxAsWritten(0)(logits).isnan().all())
    assert HardSoftmax(0)(logits).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("count", [1, 2, 1000])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_equal_logits_overflow(dtype: torch.dtype, count: int, sign: int) -> None:
    """The largest numbers of a dtype, all alike, have even weights; the sum of their energies is beyond the dtype."""
    logits = torch.full((count,), sign * torch.finfo(dtype).max, dtype=dtype)
    assert torch.equal(HardSoftmax(0)(logits), torch.full_like(logits, 1 / count))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_finite_logits_fail(data: st.DataObject, dtype: torch.dtype) -> None:
    """Whatever finite logits: weights and gradients are finite, and the weights sum to 1 within the dtype."""
    largest = torch.finfo(dtype).max
    values = data.draw(st.lists(st.floats(-largest, largest), min_size=1, max_size=9))
    logits = torch.tensor(values, dtype=torch.float64).to(dtype).requires_grad_()
    weights = HardSoftmax(0)(logits)
    (gradient,) = torch.autograd.grad(weights[0], logits)
    assert bool(weights.isfinite().all())
    assert bool(gradient.isfinite().all())
    assert abs(float(weights.detach().double().sum()) - 1) <= 9 * torch.finfo(dtype).eps


def test_the_gradient_survives_where_the_slope_underflows() -> None:
    """Two float16 logits of -20000 still have the gradient of weights a quarter over 1 - x, though E^2 is 0."""
    logits = torch.full((2,), -20000.0, dtype=torch.float16).requires_grad_()
    (gradient,) = torch.autograd.grad(HardSoftmax(0)(logits)[0], logits)
    assert gradient.tolist() == pytest.approx([0.25 / 20001, -0.25 / 20001], rel=0.05)
