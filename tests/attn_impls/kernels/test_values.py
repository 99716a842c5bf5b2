"""The fused kernels and their form in plain PyTorch against slow references, at every layout, dtype and extreme."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_impls.kernels import operators, plain
from attn_impls.kernels.modules import FusedHardSoftmax, FusedSoftmax
from attn_impls.normalizers import HardSoftmax
from bench.numerics.errors import ulp

from .exact_gradients import extended as wide

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    Extended = NDArray[np.longdouble]

INFINITY = math.inf
NAN = math.nan
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


def training(logits: Tensor, dim: int) -> Tensor:
    """Give the weights that training sees."""
    return operators.hard_softmax(logits.detach().requires_grad_(), dim).detach()


HARD = pytest.mark.parametrize("hard_softmax", [operators.hard_softmax, training, plain.hard_softmax])

#: Up to 20 elements along each of up to three dimensions cover what has a loop of its own: 2, 3 and 4 elements side by
#: side, any number of them, and rows in one piece; some hundreds cover whole vectors and what is left of them.
shapes = st.one_of(
    st.lists(st.integers(1, 20), min_size=0, max_size=3),
    st.tuples(st.integers(1, 3), st.integers(100, 700)).map(list),
    st.tuples(st.integers(1, 2), st.integers(2, 5), st.integers(30, 300)).map(list),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Tensor, int]:
    """Draw logits of some scale, shape, strides and dtype, some of them masked, and a dimension."""
    shape = draw(shapes)
    dtype = draw(st.sampled_from(DTYPES))
    seeded = torch.Generator().manual_seed(draw(st.integers(0, 1000)))
    scale = draw(st.sampled_from([0.1, 1.0, 10.0, 300.0]))
    logits = (scale * torch.randn(shape, generator=seeded, dtype=torch.float64)).to(dtype)
    dim = draw(st.integers(-max(len(shape), 1), max(len(shape), 1) - 1))
    if draw(st.booleans()):
        logits = logits.masked_fill(torch.rand(shape, generator=seeded) < 0.2, -INFINITY)
        if shape:
            # One logit of each row stays, so that it has weights.
            logits.select(dim, 0).fill_(0.5)
        else:
            logits = torch.zeros((), dtype=dtype)
    match draw(st.sampled_from(["contiguous", "transposed", "every other", "expanded"])):
        case "transposed" if len(shape) > 1:
            logits = logits.transpose(0, -1).contiguous().transpose(0, -1)
        case "every other" if shape:
            logits = logits.repeat_interleave(2, dim=-1)[..., ::2]
        case "expanded" if shape:
            logits = logits.select(0, 0).expand(shape) if dim % len(shape) != 0 else logits
        case _:
            pass
    return logits, dim


def error(weights: Tensor, exact: Tensor) -> float:
    """Give the largest error, relative to the weight, or to the smallest number that the dtype has in full."""
    floor = torch.finfo(weights.dtype).smallest_normal
    return float(((weights.double() - exact).abs() / exact.clamp(min=floor)).max())


def hard_of_zero(logits: Tensor, dim: int) -> Extended:
    """Give 1 / S: the weight of an energy of 1."""
    x = wide(logits)
    energies: Extended = np.where(x > 0, 1 + x, 1 / (1 - np.minimum(x, 0)))
    total: Extended = energies.sum(axis=dim, keepdims=True)
    return 1 / total


def extended(logits: Tensor, dim: int) -> tuple[Extended, Extended]:
    """Give HardSoftmax and softmax in numbers of 64 bits of precision, beside which float64 too can be judged."""
    x = wide(logits)
    hard = np.where(x > 0, 1 + x, 1 / (1 - np.minimum(x, 0)))
    soft = np.exp(x - x.max(axis=dim, keepdims=True))
    return hard / hard.sum(axis=dim, keepdims=True), soft / soft.sum(axis=dim, keepdims=True)


@HARD
@settings(max_examples=120, deadline=None)
@given(case=cases())
def test_weights_agree_with_the_slow_form(
    hard_softmax: Callable[[Tensor, int], Tensor], case: tuple[Tensor, int]
) -> None:
    """In any layout and dtype the weights are those of the piecewise form in float64, rounded to the dtype."""
    logits, dim = case
    weights = hard_softmax(logits, dim)
    assert weights.dtype is logits.dtype
    assert weights.shape == logits.shape
    assert weights.is_contiguous()
    half = logits.dtype in {torch.bfloat16, torch.float16}
    # Half types are rounded once, at the end; the wider ones in the energy, the sum, its reciprocal and the product.
    assert error(weights, HardSoftmax(dim)(logits.double())) <= (0.51 if half else 8) * torch.finfo(logits.dtype).eps


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "dim"), [((3, 2500), 1), ((2, 20_000), 1), ((600, 40), 0), ((2, 70, 300), 1)])
@HARD
def test_rows_that_fit_into_no_tile(
    hard_softmax: Callable[[Tensor, int], Tensor], dtype: torch.dtype, shape: tuple[int, ...], dim: int
) -> None:
    """Weights are right where energies are computed in parts or twice; rows at the ends of the dtype among them."""
    seeded = torch.Generator().manual_seed(0)
    logits = (3 * torch.randn(shape, generator=seeded, dtype=torch.float64)).to(dtype)
    ends = logits.movedim(dim, 0)
    ends[:, ..., 1] = torch.finfo(dtype).max
    exact = HardSoftmax(dim)(logits.double())
    # Of 600 energies side by side each addition rounds.
    allowed = (
        1.02 * torch.finfo(dtype).eps if dtype in {torch.bfloat16, torch.float16} else 600 * torch.finfo(dtype).eps
    )
    assert error(hard_softmax(logits, dim), exact) <= allowed
    soft = operators.softmax(logits, dim)
    assert error(soft, torch.softmax(logits.double(), dim)) <= allowed


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_of_rows_that_fit_into_no_tile(dtype: torch.dtype) -> None:
    """Energies that cannot be kept are computed twice."""
    seeded = torch.Generator().manual_seed(0)
    logits, grad = (torch.randn(2, 20_000, generator=seeded, dtype=torch.float64).to(dtype) for _ in range(2))
    found = gradient(partial(operators.hard_softmax, dim=1), logits, grad)
    exact = gradient(HardSoftmax(1), logits.double(), grad.double())
    info = torch.finfo(dtype)
    # Half precision is rounded once, at the end; in the others a gradient is what is left of a difference.
    wide_enough = info.bits > 16
    least = info.eps * float(exact.abs().max()) if wide_enough else info.smallest_normal * info.eps
    torch.testing.assert_close(found.double(), exact, rtol=info.eps, atol=least)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "dim"), [((6, 37), 1), ((37, 6), 0), ((6, 3), 1), ((6, 300), 1)])
@pytest.mark.parametrize("function", [operators.hard_softmax, operators.softmax])
def test_what_is_no_number(
    function: Callable[[Tensor, int], Tensor], dtype: torch.dtype, shape: tuple[int, ...], dim: int
) -> None:
    """A row with NaN or +inf is NaN, and so is one of nothing but -inf; what is masked has weight and gradient 0."""
    logits = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    rows = logits.movedim(dim, 1)
    rows[1, 2] = math.nan
    rows[2, 0] = INFINITY
    rows[3] = -INFINITY
    rows[4, 1:] = -INFINITY
    weights = function(logits, dim).movedim(dim, 1)
    slopes = gradient(lambda x: function(x, dim), logits, torch.ones_like(logits)).movedim(dim, 1)
    for found in (weights, slopes):
        assert found[1:4].isnan().all()
        assert found[[0, 4, 5]].isfinite().all()
        assert (found[4, 1:] == 0).all()
    assert weights[4, 0] == 1


@settings(max_examples=120, deadline=None)
@given(case=cases())
def test_softmax_agrees_with_pytorchs(case: tuple[Tensor, int]) -> None:
    """The softmax of the same construction is PyTorch's in float64, as closely as its exponential allows."""
    logits, dim = case
    weights = operators.softmax(logits, dim)
    exact = torch.softmax(logits.double(), dim)
    # Where x - max is large its rounding, half a unit of 88, is multiplied into the exponential.
    wide = torch.finfo(torch.float64 if logits.dtype is torch.float64 else torch.float32).eps
    assert error(weights, exact) <= 100 * wide + 0.51 * torch.finfo(logits.dtype).eps


def units(found: Tensor, exact: Extended) -> float:
    """Give the largest error in units in the last place."""
    unit = ulp(torch.from_numpy(exact.astype(np.float64)), found.dtype).numpy()
    return float((np.abs(wide(found) - exact) / unit).max())


def gradient(function: Callable[[Tensor], Tensor], logits: Tensor, grad: Tensor) -> Tensor:
    leaf = logits.detach().clone().requires_grad_()
    return torch.autograd.grad(function(leaf), leaf, grad)[0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "dim"), [((64, 2), 1), ((64, 197), -1), ((16, 2, 256), 1), ((64, 1000), -1)])
@pytest.mark.parametrize("backward", [False, True])
def test_as_accurate_as_pytorchs_softmax(
    dtype: torch.dtype, shape: tuple[int, ...], dim: int, *, backward: bool
) -> None:
    """At each scale of the logits errors are at most twice those of PyTorch's softmax, in units in the last place.

    In float32 and float64 softmax is allowed two units, and its gradient four, where it is more exact than that: of a
    pair it has an exponential that is exactly 1. From standard deviations of 10 on it has many weights of exactly 0 and
    1: there its error at 1 counts if that is larger. In half precision HardSoftmax, forward and backward, is the
    nearest number, or next to a tie.
    """
    at_1 = 0.0
    for scale in (1.0, 0.01, 0.1, 10.0, 100.0):
        drawn = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        logits = (scale * drawn).to(dtype)
        # +1 and -1 in turn: little cancels in their differences from a mean.
        grad = torch.ones_like(logits)
        grad.movedim(dim, 0)[1::2] = -1
        functions: list[Callable[[Tensor], Tensor]] = [
            partial(operators.hard_softmax, dim=dim),
            partial(operators.softmax, dim=dim),
            partial(torch.softmax, dim=dim),
        ]
        hard, soft = extended(logits, dim)
        if backward:
            results = [gradient(function, logits, grad) for function in functions]
            slopes = np.minimum(hard / hard_of_zero(logits, dim), 1) ** 2 * hard_of_zero(logits, dim)
            exact = [
                factor * (wide(grad) - (weights * wide(grad)).sum(axis=dim, keepdims=True))
                for factor, weights in ((slopes, hard), (soft, soft), (soft, soft))
            ]
        else:
            results = [function(logits) for function in functions]
            exact = [hard, soft, soft]
        ours, fused, theirs = map(units, results, exact)
        at_1 = theirs if scale == 1 else at_1
        half = dtype in {torch.bfloat16, torch.float16}
        counted = max(theirs, at_1 if scale > 1 else 0, 0 if half else 4 if backward else 2)
        assert ours <= 2 * counted, scale
        # There softmax's gradient, ours and PyTorch's, is what cancellation leaves: no digit of it is right.
        if not (backward and scale > 1):
            assert fused <= 2 * counted, scale
        # The smallest of bfloat16 are below what float32 has in full.
        assert ours <= (0.55 if half else math.inf), scale


@HARD
@pytest.mark.parametrize("along_columns", [False, True])
@settings(max_examples=100, deadline=None)
@given(
    dtype=st.sampled_from(DTYPES),
    places=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40),
    toward=st.sampled_from(["all", "positive", "negative"]),
)
def test_no_finite_logits_overflow(
    hard_softmax: Callable[[Tensor, int], Tensor],
    *,
    along_columns: bool,
    dtype: torch.dtype,
    places: list[tuple[bool, float]],
    toward: str,
) -> None:
    """From one end of any dtype to the other, weights are finite and sum to 1."""
    signs = {"all": None, "positive": 1, "negative": -1}[toward]
    most = torch.finfo(dtype).max
    values = [(signs or (1 if up else -1)) * share * most for up, share in places]
    logits = torch.tensor(values, dtype=dtype)
    weights = hard_softmax(logits[:, None].expand(-1, 40), 0)[:, 7] if along_columns else hard_softmax(logits, 0)
    assert bool(weights.isfinite().all())
    # Forty terms, each rounded to the dtype.
    assert float(weights.double().sum()) == pytest.approx(1, abs=torch.finfo(dtype).eps * 4)


@pytest.mark.parametrize("dtype", DTYPES)
@HARD
def test_equal_logits_at_the_ends_of_the_dtype(
    hard_softmax: Callable[[Tensor, int], Tensor], dtype: torch.dtype
) -> None:
    """Equal logits have equal weights, even where their sum, or each of their energies, leaves the dtype."""
    for end in (torch.finfo(dtype).max, torch.finfo(dtype).min):
        assert hard_softmax(torch.full((4,), end, dtype=dtype), 0).tolist() == [0.25] * 4


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("along_columns", [False, True])
@HARD
@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        ([-INFINITY, 1.0, 0.0, 0.0], [0.0, 0.5, 0.25, 0.25]),
        ([-INFINITY, -INFINITY], [NAN, NAN]),
        ([INFINITY, 1.0], [NAN, NAN]),
        ([NAN, 1.0, 2.0], [NAN, NAN, NAN]),
    ],
)
def test_masked_and_infinite_logits(
    hard_softmax: Callable[[Tensor, int], Tensor],
    logits: list[float],
    expected: list[float],
    *,
    along_columns: bool,
    dtype: torch.dtype,
) -> None:
    """-inf has the weight 0; a row of nothing else, or with NaN or +inf, is NaN, and its neighbours are not."""
    row = torch.tensor(logits, dtype=dtype)
    other = torch.zeros(len(logits), dtype=dtype)
    rows = torch.stack([other, row, other])
    weights = hard_softmax(rows.t(), 0).t() if along_columns else hard_softmax(rows, 1)
    torch.testing.assert_close(weights[1], torch.tensor(expected, dtype=dtype), equal_nan=True, rtol=0, atol=0)
    assert weights[2].tolist() == pytest.approx([1 / len(logits)] * len(logits), rel=float(torch.finfo(dtype).eps))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 4)])
def test_empty_logits(shape: tuple[int, ...]) -> None:
    """Without logits there are no weights, and no error."""
    assert operators.hard_softmax(torch.empty(shape), 1).shape == shape
    assert operators.softmax(torch.empty(shape), 1).shape == shape


def test_a_dimension_that_is_not_there() -> None:
    """It is refused as PyTorch refuses it."""
    with pytest.raises(IndexError, match="out of range"):
        operators.hard_softmax(torch.zeros(2, 3), 2)


def test_integers_are_refused() -> None:
    """Weights of integer logits would all be 0."""
    with pytest.raises(RuntimeError, match="float"):
        operators.hard_softmax(torch.zeros(2, 3, dtype=torch.int64), 1)


def test_several_threads_compute_what_one_does() -> None:
    """How many threads share the rows changes no weight, along rows and along columns."""
    seeded = torch.Generator().manual_seed(0)
    for shape, dim in (((300, 1000), 1), ((3, 10, 10_001), 1)):
        logits = torch.randn(shape, generator=seeded)
        alone = operators.hard_softmax(logits, dim)
        before = torch.get_num_threads()
        torch.set_num_threads(2)
        try:
            shared = operators.hard_softmax(logits, dim)
        finally:
            torch.set_num_threads(before)
        assert torch.equal(alone, shared)


def test_modules_are_the_functions() -> None:
    """Each module applies its kernel along its dimension: energies 2, 1, 1/2 and exponentials of 0 and ln 3."""
    assert FusedHardSoftmax(0)(torch.tensor([1.0, 0.0, -1.0])).tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert FusedSoftmax(0)(torch.tensor([0.0, math.log(3)])).tolist() == pytest.approx([0.25, 0.75])
