"""Normalisers where they are hard: at their seams, at the ends of a dtype, and with masked logits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_impls import Family, builtin
from attn_impls.normalizers import (
    HardSoftmax,
    LogNSoftmax,
    NaiveSoftmax,
    SoftmaxOne,
    StableSoftmax,
    make_normalizer,
)
from attn_impls.sparse_normalizers import Sparsemax

if TYPE_CHECKING:
    from collections.abc import Callable

INFINITY = math.inf
NAMES = tuple(name for name, spec in builtin().specs.items() if spec.family is Family.NORMALIZER)
SUM_TO_ONE = tuple(name for name in NAMES if name != "softmax_one")
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)

#: Within +-8 no exponential of up to five logits overflows float16.
logits_and_dims = st.lists(st.integers(1, 5), min_size=1, max_size=3).flatmap(
    lambda shape: st.tuples(
        st.just(tuple(shape)),
        st.lists(st.floats(-8, 8), min_size=math.prod(shape), max_size=math.prod(shape)),
        st.integers(-len(shape), len(shape) - 1),
    )
)


@pytest.mark.parametrize("name", SUM_TO_ONE)
@settings(max_examples=40, deadline=None)
@given(drawn=logits_and_dims, dtype=st.sampled_from(DTYPES))
def test_weights_sum_to_one(name: str, drawn: tuple[tuple[int, ...], list[float], int], dtype: torch.dtype) -> None:
    """Along the named dimension of any shape, in any dtype, weights are between 0 and 1 and sum to 1."""
    shape, values, dim = drawn
    module = builtin().specs[name].build_op(dim).to(dtype)
    weights = module(torch.tensor(values, dtype=dtype).view(shape)).detach()
    assert weights.dtype is dtype
    assert weights.shape == shape
    assert bool(((weights >= 0) & (weights <= 1)).all())
    sums = weights.double().sum(dim)
    # A sum of up to five terms and a quotient are rounded to the dtype.
    assert float((sums - 1).abs().max()) <= 4 * torch.finfo(dtype).eps


@pytest.mark.parametrize(
    ("normalizer", "expected"),
    [
        # The energies are 0, 2 and 1/2.
        (HardSoftmax, [0, 0.8, 0.2]),
        (NaiveSoftmax, [0, 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))]),
        (StableSoftmax, [0, 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))]),
        (SoftmaxOne, [0, math.e / (1 + math.e + 1 / math.e), 1 / math.e / (1 + math.e + 1 / math.e)]),
        # N is 3, the masked logit included.
        (LogNSoftmax, [0, 1 / (1 + 3**-2), 1 / (1 + 3**2)]),
        (Sparsemax, [0, 1, 0]),
    ],
)
def test_minus_infinity_masks_its_position(normalizer: Callable[[int], torch.nn.Module], expected: list[float]) -> None:
    """A logit of -inf gets weight 0 and the others share the rest."""
    weights = normalizer(0).double()(torch.tensor([-INFINITY, 1.0, -1.0], dtype=torch.float64))
    assert weights.tolist() == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        # exp(x) = 65247, below the largest float16, 65504.
        ([11.0859375], [1.0]),
        # The next float16: exp(x) = 65759 is infinite, and inf / inf is NaN.
        ([11.09375], [math.nan]),
        # Each exponential is finite; their sum is not, and the weights vanish instead of being 1/2.
        ([11.0, 11.0], [0.0, 0.0]),
    ],
)
def test_naive_softmax_overflows_in_float16(logits: list[float], expected: list[float]) -> None:
    """exp(x) / sum(exp(x)) ends where float16 does, at x = 11.094."""
    weights = NaiveSoftmax(0)(torch.tensor(logits, dtype=torch.float16))
    assert weights.tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("normalizer", [StableSoftmax, SoftmaxOne, Sparsemax, torch.nn.Softmax])
def test_stable_softmax_does_not_overflow(normalizer: Callable[[int], torch.nn.Module]) -> None:
    """With the maximum subtracted, the largest finite float16 is as good a logit as any."""
    largest = torch.finfo(torch.float16).max
    assert normalizer(0)(torch.tensor([largest, largest, 0], dtype=torch.float16)).tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        ([0.0, 0.0], [1 / 3, 1 / 3]),
        ([math.log(2.0), 0.0], [0.5, 0.25]),
        # Where exp(0) = 1 vanishes beside the others, it is softmax.
        ([800.0, 800.0], [0.5, 0.5]),
        # Far below 0 nothing gets a weight; exp(-800) is 0 in float64.
        ([-800.0, -800.0], [0.0, 0.0]),
        ([-INFINITY, -INFINITY], [0.0, 0.0]),
    ],
)
def test_softmax_one(logits: list[float], expected: list[float]) -> None:
    """Softmax-1 gives exp(x) / (1 + sum(exp(x))), so weights may sum to anything below 1."""
    assert SoftmaxOne(0)(torch.tensor(logits, dtype=torch.float64)).tolist() == pytest.approx(expected, rel=1e-14)


def test_softmax_one_is_softmax_beside_a_zero() -> None:
    """Softmax-1 is softmax over the logits and one more of 0, in values and gradients."""
    torch.manual_seed(0)
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    ours = SoftmaxOne(1)(x)
    beside_zero = torch.softmax(torch.cat([x, torch.zeros(5, 1, dtype=torch.float64)], 1), 1)[:, :4]
    assert torch.allclose(ours, beside_zero, rtol=0, atol=1e-15)
    cotangent = torch.randn_like(ours)
    (gradient,) = torch.autograd.grad(ours, x, cotangent)
    (expected,) = torch.autograd.grad(beside_zero, x, cotangent)
    assert torch.allclose(gradient, expected, rtol=0, atol=1e-15)


def test_softmax_one_gradient_of_a_masked_row() -> None:
    """A row in which every logit is masked gets no gradient, rather than NaN."""
    x = torch.full((3,), -INFINITY, dtype=torch.float64, requires_grad=True)
    SoftmaxOne(0)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0, 0, 0]


def test_log_n_softmax() -> None:
    """With s = 1, weights are powers of N over their sum: 4, 4, 1 and 1/4 for N = 4."""
    weights = LogNSoftmax(0, learnable=False)(torch.tensor([1.0, 1.0, 0.0, -1.0], dtype=torch.float64)).tolist()
    assert weights == pytest.approx([16 / 37, 16 / 37, 4 / 37, 1 / 37], rel=1e-14)


@pytest.mark.parametrize("count", [10, 1000])
def test_log_n_softmax_keeps_its_sharpness(count: int) -> None:
    """One logit that stands 2 above N - 1 others keeps nearly all the weight, N^2 / (N^2 + N - 1), whatever N is."""
    logits = torch.zeros(count, dtype=torch.float64)
    logits[0] = 2
    assert float(LogNSoftmax(0, learnable=False)(logits)[0]) == pytest.approx(
        count**2 / (count**2 + count - 1), rel=1e-13
    )


@pytest.mark.parametrize(("learnable", "expected"), [(True, ["scale"]), (False, [])])
def test_scale_of_log_n_softmax(*, learnable: bool, expected: list[str]) -> None:
    """The scale is a parameter if it is to be learnt; either way it is in the module's state."""
    module = LogNSoftmax(0, scale=0.5, learnable=learnable)
    assert [name for name, _ in module.named_parameters()] == expected
    assert float(module.state_dict()["scale"]) == 0.5


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        # The threshold is a quarter: half of what the first two exceed 1 by.
        ([1.0, 0.5, -1.0], [0.75, 0.25, 0.0]),
        ([3.0, 1.0, 0.0], [1.0, 0.0, 0.0]),
        # The second logit is exactly at the threshold, 0: it gets nothing.
        ([1.0, 0.0], [1.0, 0.0]),
        ([0.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]),
        ([1e300, 1e300], [0.5, 0.5]),
    ],
)
def test_sparsemax(logits: list[float], expected: list[float]) -> None:
    """Sparsemax subtracts one threshold and cuts off at 0."""
    assert Sparsemax(0)(torch.tensor(logits, dtype=torch.float64)).tolist() == expected


def test_sparsemax_gradient_is_that_of_its_support() -> None:
    """Within the support the gradient less its mean, outside it nothing."""
    x = torch.tensor([1.0, 0.5, -1.0], dtype=torch.float64, requires_grad=True)
    Sparsemax(0)(x).backward(torch.tensor([5.0, 1.0, 9.0], dtype=torch.float64))
    assert x.grad is not None
    assert x.grad.tolist() == [2, -2, 0]


@pytest.mark.parametrize("name", NAMES)
def test_a_normaliser_by_name_is_that_of_the_registry(name: str) -> None:
    """A branch can name every registered normaliser as its own."""
    assert type(make_normalizer(name, 1)) is type(builtin().specs[name].build_op(1))


def test_unknown_normalizer() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match=r"^unknown normaliser 'sofmax'; choose from softmax, softmax/naive, "):
        make_normalizer("sofmax", 1)
