"""Checks of the Triton kernels, in Triton's interpreter or on a GPU: test_triton_kernels.py runs them in a process.

Collected by name alone. ``TRITON_INTERPRET=1`` must be set before Triton is imported, hence the process.
"""

from __future__ import annotations

import math
import os
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import triton
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.library import Library

from attn_impls.kernels import on_cuda, operators, plain, triton_tiles
from bench.numerics.errors import ulp

from .exact_gradients import exact_gradient, rows_up_to_the_ends

if TYPE_CHECKING:
    from torch import Tensor

#: What the interpreter's NumPy says of the infinities that are put in.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

DEVICE = os.environ["TRITON_CHECKS_ON"]
INTERPRETED = DEVICE == "cpu"
#: Before 3.9 the interpreter cannot loop up to a size, nor round an fma once; on GPUs Triton can.
OLD_INTERPRETER = INTERPRETED and tuple(map(int, triton.__version__.split(".")[:2])) < (3, 9)
INFINITY = math.inf
NAN = math.nan
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
#: Weights are rounded to these once, at the end; the interpreter cuts bfloat16 off instead.
ROUNDED = {torch.float16: 0.51, torch.bfloat16: 1.01 if INTERPRETED else 0.51}

#: Lines that are read in pieces.
LONG = [] if OLD_INTERPRETER else [((2, 16500), 1), ((1, 2100, 11), 1)]
#: Lines along rows and along columns: of 1 and 2, odd and even, aligned and not.
LAYOUTS = [
    ((5, 1), 1),
    ((20, 2), 1),
    ((2, 2, 17), 1),
    ((3, 3, 7), 1),
    ((9, 7), -1),
    ((2, 64, 5), 1),
    ((3, 197), 1),
    ((2, 1000), 1),
    ((300, 16), 0),
    *LONG,
]

if INTERPRETED:
    # Programs run one after the other there: four instead of 512 are enough. So do operations, which take as long on
    # large pieces as on small ones.
    triton_tiles.BUSY = 4
    triton_tiles.HELD_OF_PIECES = {access: 4 * held for access, held in triton_tiles.HELD_OF_PIECES.items()}

_library = Library("attnbench_triton_checks", "FRAGMENT")  # type: ignore[no-untyped-call]
for _name, _schema in operators.SCHEMAS.items():
    _library.define(_name + _schema)  # type: ignore[no-untyped-call]
# The first to ask may be tracing.
with FakeTensorMode():
    NAME = on_cuda.require(torch.device("cpu" if INTERPRETED else "cuda:0"))
for _name, _kernel in on_cuda.OPERATORS.items():
    _library.impl(_name, _kernel, "CPU" if INTERPRETED else "CUDA")  # type: ignore[no-untyped-call]
KERNELS: Any = torch.ops.attnbench_triton_checks


def numbers(shape: tuple[int, ...], dtype: torch.dtype, *, seed: int, scale: float = 1.0) -> Tensor:
    seeded = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(shape, generator=seeded, dtype=torch.float64)).to(dtype).to(DEVICE)


def error(found: Tensor, exact: Tensor) -> float:
    """Give the largest error in units of the dtype, relative to the weight or the smallest number in full."""
    limits = torch.finfo(found.dtype)
    # The interpreter has no bfloat16 below the numbers in full.
    floor = limits.smallest_normal * (100 if INTERPRETED and found.dtype is torch.bfloat16 else 1)
    difference = (found.double() - exact).abs() / exact.clamp(min=floor)
    return float((difference / limits.eps).max())


def units(found: Tensor, exact: Tensor) -> float:
    """Give the largest error in units in the last place."""
    return float(((found.double() - exact).abs() / ulp(exact, found.dtype)).max())


def test_every_operator_has_a_kernel() -> None:
    """None is left to plain PyTorch, and registering says by what they are computed."""
    assert on_cuda.OPERATORS.keys() == operators.SCHEMAS.keys()
    assert NAME.startswith("Triton 3.")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "dim"), LAYOUTS)
def test_weights_and_gradients(shape: tuple[int, ...], dim: int, dtype: torch.dtype) -> None:
    """In every layout and dtype all four operators give what they give in float64, within a few roundings."""
    logits, grad = numbers(shape, dtype, seed=0, scale=3), numbers(shape, dtype, seed=1)
    if shape[dim] > 2:
        logits.select(dim, 1).fill_(-INFINITY)
    allowed = ROUNDED.get(dtype, 8)
    x, dy = logits.double(), grad.double()
    weights = KERNELS.hard_softmax(logits, dim)
    assert error(weights, plain.hard_softmax(x, dim)) <= allowed
    # PyTorch's own softmax sums in a row, in float64 as well.
    reference = 4 if dtype in {torch.float64, torch.float32} else 1
    exponentials = KERNELS.softmax(logits, dim)
    assert error(exponentials, torch.softmax(x, dim)) <= reference * allowed
    # Gradients are differences: their errors are relative to the largest of what is subtracted, times the slope.
    unit = max(allowed, 8) * torch.finfo(dtype).eps * float(dy.abs().max())
    found = KERNELS.hard_softmax_backward(grad, logits, dim).double()
    expected = plain.hard_softmax_backward(dy, x, dim)
    energies = torch.where(x > 0, 1 + x, 1 / (1 - x.clamp(max=0)))
    slope = float((energies.clamp(max=1).square() / energies.sum(dim, keepdim=True)).max())
    assert float((found - expected).abs().max()) <= unit * slope
    found = KERNELS.softmax_backward(grad, exponentials, dim).double()
    expected = plain.softmax_backward(dy, exponentials.double(), dim)
    assert float((found - expected).abs().max()) <= unit * float(exponentials.double().max())
    for result in (weights, exponentials):
        assert result.dtype is dtype
        assert result.is_contiguous()


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    axis=st.integers(0, 3),
    seed=st.integers(0, 99),
    kinds=st.tuples(*[st.sampled_from(["contiguous", "transposed", "permuted", "every other", "expanded"])] * 2),
)
def test_any_strides(shape: list[int], axis: int, seed: int, kinds: tuple[str, str]) -> None:
    """However logits and gradients lie in memory, results are those of contiguous ones, and contiguous."""
    dim = axis % len(shape)

    def laid_out(kind: str, tensor: Tensor) -> Tensor:
        match kind:
            case "transposed":
                return tensor.transpose(0, -1).contiguous().transpose(0, -1)
            case "permuted":
                return tensor.movedim(dim, -1).contiguous().movedim(-1, dim)
            case "every other":
                return tensor.repeat_interleave(2, dim=-1)[..., ::2]
            case "expanded":
                return tensor.select(0, 0).expand(tensor.shape)
            case _:
                return tensor

    logits = laid_out(kinds[0], numbers(tuple(shape), torch.float32, seed=seed))
    grad = laid_out(kinds[1], numbers(tuple(shape), torch.float32, seed=seed + 1))
    for found, expected in (
        (KERNELS.hard_softmax(logits, dim), plain.hard_softmax(logits, dim)),
        (KERNELS.softmax(logits, dim), torch.softmax(logits, dim)),
        (KERNELS.softmax_backward(grad, logits, dim), plain.softmax_backward(grad, logits, dim)),
        (KERNELS.hard_softmax_backward(grad, logits, dim), plain.hard_softmax_backward(grad, logits, dim)),
    ):
        assert found.is_contiguous()
        torch.testing.assert_close(found, expected.contiguous(), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize(
    "dtype",
    [torch.float16, *([] if INTERPRETED else [torch.bfloat16]), *([] if OLD_INTERPRETER else [torch.float32])],
)
@pytest.mark.parametrize(("shape", "dim"), [((8, 197), -1), ((1, 2, 96), 1), ((2, 300, 5), 1), *LONG])
def test_as_accurate_as_pytorchs_softmax(dtype: torch.dtype, shape: tuple[int, ...], dim: int) -> None:
    """At each scale errors are at most twice those of PyTorch's softmax, forward and backward.

    In units in the last place, of which softmax is allowed two, and its gradient four, where it is more exact than
    that. Where it has many weights of exactly 0 and 1, from standard deviations of 10 on, its error at 1 counts.
    """
    theirs_at_1: tuple[float, float] = (0.0, 0.0)
    for scale in (1.0, 0.1, 10.0, 100.0):
        logits = numbers(shape, dtype, seed=0, scale=scale)
        # +1 and -1 in turn: little cancels in their differences from a mean.
        grad = torch.ones_like(logits)
        grad.movedim(dim, 0)[1::2] = -1
        x, dy = logits.double(), grad.double()
        soft = torch.softmax(x, dim)
        hard, exact = plain.hard_softmax(x, dim), plain.hard_softmax_backward(dy, x, dim)
        known = torch.softmax(logits, dim)
        theirs = (
            units(known, soft),
            units(torch._softmax_backward_data(grad, known, dim, dtype), plain.softmax_backward(dy, soft, dim)),
        )
        theirs_at_1 = theirs if scale == 1 else theirs_at_1
        usual = theirs_at_1 if scale > 1 else (0.0, 0.0)
        least = (0.5, 0.5) if dtype.itemsize == 2 else (2.0, 4.0)
        counted = [max(each) for each in zip(theirs, usual, least, strict=True)]
        assert units(KERNELS.hard_softmax(logits, dim), hard) <= 2 * counted[0]
        assert units(KERNELS.hard_softmax_backward(grad, logits, dim), exact) <= 2 * counted[1]
        assert units(KERNELS.softmax(logits, dim), soft) <= 2 * counted[0]


def in_lines(rows: list[list[float]], dtype: torch.dtype, length: int, *, along_columns: bool) -> Tensor:
    """Give lines of these numbers, each repeated up to a length, as rows or as columns."""
    tensor = torch.tensor(rows, dtype=dtype, device=DEVICE).repeat(1, length // len(rows[0]))
    return tensor.t().contiguous() if along_columns else tensor


#: Lines that are read once, and in pieces.
LENGTHS = pytest.mark.parametrize(
    ("length", "along_columns"), [(4, False), (4, True), *([] if OLD_INTERPRETER else [(16400, False)])]
)


@pytest.mark.parametrize("dtype", DTYPES)
@LENGTHS
def test_masked_and_infinite_logits(dtype: torch.dtype, length: int, *, along_columns: bool) -> None:
    """-inf has the weight 0; a line of nothing else, or with NaN or +inf, is NaN, and its neighbours are not."""
    rows = [
        [-INFINITY, 1.0, 0.0, 0.0],
        [-INFINITY] * 4,
        [INFINITY, 1.0, -INFINITY, 0.0],
        [NAN, 1.0, -1.0, 0.0],
        [0.0, 0.0, 0.0, 0.0],
    ]
    logits = in_lines(rows, dtype, length, along_columns=along_columns)
    dim = 0 if along_columns else 1
    hard, soft = KERNELS.hard_softmax(logits, dim), KERNELS.softmax(logits, dim)
    if along_columns:
        hard, soft = hard.t(), soft.t()
    each = 4 / length
    for weights, second in ((hard, [0, 2 / 4, 1 / 4, 1 / 4]), (soft, [0, 0.57612, 0.21194, 0.21194])):
        expected = [[each * share for share in second], [NAN] * 4, [NAN] * 4, [NAN] * 4, [each / 4] * 4]
        wanted = torch.tensor(expected, dtype=torch.float64, device=DEVICE)
        rounding = 2e-5 + 1.01 * torch.finfo(dtype).eps + 4e-8 / each * (dtype is torch.float16)
        torch.testing.assert_close(weights[:, :4].double(), wanted, rtol=rounding, atol=0, equal_nan=True)
        assert weights[0, 0] == 0
        assert bool(weights[1:4].isnan().all())


@pytest.mark.parametrize("dtype", DTYPES)
@LENGTHS
def test_no_finite_logits_overflow(dtype: torch.dtype, length: int, *, along_columns: bool) -> None:
    """From one end of any dtype to the other weights are finite and sum to 1, and gradients are finite."""
    most = torch.finfo(dtype).max
    rows = [
        [most] * 4,
        [-most] * 4,
        [most, -most, 1.0, -1.0],
        [-most, -most / 3, -most / 5, -most / 7],
        [1.0, -most, 0.0, -1.0],
    ]
    logits = in_lines(rows, dtype, length, along_columns=along_columns)
    dim = 0 if along_columns else 1
    grad = numbers(tuple(logits.shape), dtype, seed=0, scale=100)
    weights, exact = KERNELS.hard_softmax(logits, dim), plain.hard_softmax(logits.double(), dim)
    subnormal = torch.finfo(dtype).smallest_normal
    torch.testing.assert_close(
        weights.double(), exact, rtol=4 * torch.finfo(dtype).eps, atol=subnormal, equal_nan=False
    )
    assert bool(KERNELS.hard_softmax_backward(grad, logits, dim).isfinite().all())
    soft = KERNELS.softmax(logits, dim)
    # In float64 the reference is no better, and sums 16,400 numbers in a row.
    rounding = (16 if dtype is torch.float64 else 4) * torch.finfo(dtype).eps
    torch.testing.assert_close(soft.double(), torch.softmax(logits.double(), dim), rtol=rounding, atol=subnormal)
    assert bool(KERNELS.softmax_backward(grad, soft, dim).isfinite().all())


#: Of logits and gradient together, lines from 8,193 on are read in pieces in every dtype. The interpreter takes seconds
#: for each: rows and columns in one dtype each are enough there.
PIECES = (
    product([8212], [False, True], DTYPES)
    if not INTERPRETED
    else []
    if OLD_INTERPRETER
    else [(8212, False, torch.float32), (8212, True, torch.float16)]
)


@pytest.mark.parametrize(
    ("length", "along_columns", "dtype"), [*product([2, 4, 197, 1000], [False, True], DTYPES), *PIECES]
)
def test_gradient_up_to_the_ends_of_the_dtype(length: int, *, along_columns: bool, dtype: torch.dtype) -> None:
    """It is right wherever the sum of energies leaves the dtype, or its reciprocal does."""
    logits = rows_up_to_the_ends(length, dtype).to(DEVICE)
    grad = numbers(tuple(logits.shape), dtype, seed=1, scale=10)
    exact, allowed = exact_gradient(logits.cpu(), grad.cpu())
    turned = (logits.t().contiguous(), grad.t().contiguous(), 0) if along_columns else (logits, grad, 1)
    found = KERNELS.hard_softmax_backward(turned[1], turned[0], turned[2])
    found = (found.t() if along_columns else found).cpu()
    # The interpreter cuts bfloat16 off, and has none below the numbers in full.
    cut = INTERPRETED and dtype is torch.bfloat16
    lost = np.longdouble(torch.finfo(dtype).smallest_normal if cut else 0)
    distance = np.abs(found.double().numpy().astype(np.longdouble) - exact)
    assert bool((distance <= (2 if cut else 1) * allowed + lost).all())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(12, 2), (2, 12)])
def test_gradient_of_pairs_at_the_ends_of_the_dtype(shape: tuple[int, int], dtype: torch.dtype) -> None:
    """It is finite for all finite logits, 0 beside a mask, and NaN where the weights are."""
    most = torch.finfo(dtype).max
    pairs = [[most, most], [-most, -most], [most, -most], [1.0, -most], [most, -1.0], [0.0, 0.0]]
    pairs += [[1.0, 0.0], [-1.0, 0.0], [1.0, -INFINITY], [-INFINITY, -INFINITY], [INFINITY, 0.0], [NAN, 0.0]]
    logits, grad = torch.tensor(pairs, dtype=dtype, device=DEVICE), torch.zeros(12, 2, dtype=dtype, device=DEVICE)
    grad[:, 0] = 1
    if shape[0] == 2:
        logits, grad = logits.t().contiguous(), grad.t().contiguous()
    slopes = KERNELS.hard_softmax_backward(grad, logits, shape.index(2)).double()
    slopes = slopes if shape[1] == 2 else slopes.t()
    assert bool(slopes[:9].isfinite().all())
    # Energies 1, 1: 1/4. Energies 2, 1 and 1/2, 1: E1' E2 / S^2 and -E1 E2' / S^2.
    expected = [[1 / 4, -1 / 4], [1 / 9, -2 / 9], [1 / 9, -2 / 9], [0.0, 0.0]]
    wanted = torch.tensor(expected, dtype=torch.float64, device=DEVICE)
    torch.testing.assert_close(slopes[5:9], wanted, rtol=2 * torch.finfo(dtype).eps, atol=0)
    assert bool(slopes[9:].isnan().all())


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 4)])
def test_empty_logits(shape: tuple[int, ...]) -> None:
    """Without logits there are no weights and no error."""
    logits = torch.empty(shape, device=DEVICE)
    assert KERNELS.hard_softmax(logits, 1).shape == shape
    assert KERNELS.softmax(logits, 1).shape == shape
    assert KERNELS.softmax_backward(logits, logits, 1).shape == shape
    assert KERNELS.hard_softmax_backward(logits, logits, 1).shape == shape


def test_one_number() -> None:
    """A tensor without dimensions is a line of one: its weight is 1 and its gradient 0."""
    logits = torch.tensor(3.0, device=DEVICE)
    weights = KERNELS.hard_softmax(logits, 0)
    assert (weights.shape, weights.item()) == ((), 1)
    assert KERNELS.softmax(logits, -1).item() == 1
    assert KERNELS.hard_softmax_backward(logits, logits, 0).item() == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_lines_of_one(dtype: torch.dtype) -> None:
    """Any number alone has the weight 1, also where its energy or the reciprocal of that leaves the dtype."""
    most = torch.finfo(dtype).max
    logits = torch.tensor([[most], [-most], [0.0], [-3.0]], dtype=dtype, device=DEVICE)
    assert KERNELS.hard_softmax(logits, 1).tolist() == [[1]] * 4
    assert KERNELS.softmax(logits, 1).tolist() == [[1]] * 4


def test_what_is_refused() -> None:
    """Dimensions that are not there, numbers that are not floating, gradients of another shape."""
    logits = torch.zeros(2, 3, device=DEVICE)
    with pytest.raises(IndexError, match=r"expected to be in range of \[-2, 1\], but got 2"):
        KERNELS.hard_softmax(logits, 2)
    with pytest.raises(IndexError, match=r"range of \[-1, 0\], but got 1"):
        KERNELS.softmax(logits[0, 0], 1)
    with pytest.raises(RuntimeError, match=r"float16, not torch\.int64"):
        KERNELS.softmax(logits.long(), 1)
    with pytest.raises(RuntimeError, match=r"gradient of \(2, 3\) weights has their shape, not \(2, 2\)"):
        KERNELS.softmax_backward(logits[:, :2], logits, 1)


def test_asked_for_inside_a_transform() -> None:
    """The first to ask may be inside torch.func: the trial is outside of it."""

    def asking(x: Tensor) -> Tensor:
        on_cuda._try_out(torch.device(DEVICE), triton.TritonError)
        return x.sin()

    assert torch.func.grad(asking)(torch.tensor(0.0)).item() == 1


def test_wide_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offsets of 64 bits, for tensors of more than 2^31 elements, find the same elements."""
    shapes = [((3, 7), 1), ((3, 5, 4), 1), *LONG]
    narrow = [KERNELS.hard_softmax(numbers(shape, torch.float32, seed=0), dim) for shape, dim in shapes]
    monkeypatch.setattr(triton_tiles, "LARGEST_NARROW", 0)
    on_cuda._launch.cache_clear()
    for (shape, dim), expected in zip(shapes, narrow, strict=True):
        assert torch.equal(KERNELS.hard_softmax(numbers(shape, torch.float32, seed=0), dim), expected)
    on_cuda._launch.cache_clear()


# 4.1 GiB of logits, and as much of weights.
@pytest.mark.gpu(capability=on_cuda.LEAST_CAPABILITY, memory_gib=9)
@pytest.mark.parametrize(
    ("shape", "last"), [((2**22 + 8, 520), (-1, 0)), ((2, 2, 2**29 + 64), (-1, 0, -1))], ids=["rows", "columns"]
)
def test_more_than_two_to_the_31_elements(shape: tuple[int, ...], last: tuple[int, ...]) -> None:
    """The last line of such a tensor is as right as the first."""
    logits = torch.zeros(shape, dtype=torch.float16, device=DEVICE)
    logits[last] = 3
    weights = KERNELS.hard_softmax(logits, 1)
    assert weights[last].item() == pytest.approx(4 / (shape[1] + 3), rel=1e-3)
    assert weights.flatten()[0].item() == pytest.approx(1 / shape[1], rel=1e-3)


@pytest.mark.gpu(capability=on_cuda.LEAST_CAPABILITY)
def test_on_the_last_device() -> None:
    """Kernels run where the logits are, not on the device that happens to be current."""
    found = (torch.device("cuda", index) for index in range(torch.cuda.device_count()))
    *_, device = (each for each in found if torch.cuda.get_device_capability(each) >= on_cuda.LEAST_CAPABILITY)
    with torch.cuda.device(0):
        assert KERNELS.hard_softmax(torch.zeros(8, device=device), 0).tolist() == [1 / 8] * 8
