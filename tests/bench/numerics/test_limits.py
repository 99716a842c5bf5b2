"""The limits that analysis gives: computed here with many digits, found by the search to the neighbouring number."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
import torch

from bench.numerics.grid import Grid
from bench.numerics.verdict import Sums
from results.numerics import Fault

from .planted import (
    DTYPES,
    all_equal,
    all_negative,
    energy,
    hard_softmax,
    hard_softmax_as_written,
    plu,
    row,
    search,
    softmax_naive,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Frontier

NAMES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}


def first_above(bound: Decimal | Fraction, dtype: torch.dtype, *, reached: bool = False) -> float:
    """Return the smallest number of the dtype above this bound, or at it if reaching it is enough."""
    grid = Grid(dtype)
    exact = Fraction(bound)
    # A float near the bound; from there, step by step, compared exactly.
    index = max(0, grid.index(float(bound)) - 2)
    while (number := Fraction(grid.value(index))) < exact or (number == exact and not reached):
        index += 1
    return grid.value(index)


def logarithm(number: Fraction) -> Decimal:
    """Return the natural logarithm with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(number.numerator) / Decimal(number.denominator)).ln()


def smallest_infinite(dtype: torch.dtype) -> Fraction:
    """Return where rounding to nearest begins to give infinity: half a step beyond the largest number."""
    limits = torch.finfo(dtype)
    largest = Fraction(limits.max)
    step = largest - Fraction(Grid(dtype).value(Grid(dtype).index(limits.max) - 1))
    return largest + step / 2


def largest_zero(dtype: torch.dtype) -> Fraction:
    """Return the largest number that rounds to 0: half of the smallest."""
    return Fraction(Grid(dtype).value(1)) / 2


def only(found: tuple[Frontier, ...]) -> Frontier:
    """Return the only frontier."""
    (frontier,) = found
    return frontier


@pytest.mark.parametrize(
    ("name", "figure"), [("float16", 11.09375), ("bfloat16", 89.0), ("float32", 88.723), ("float64", 709.783)]
)
def test_naive_softmax_overflows_where_exp_does(name: str, figure: float) -> None:
    """The first number above the logarithm of what rounds to infinity; inf / inf is NaN."""
    dtype = NAMES[name]
    found = only(search(softmax_naive, dtype, row("one large", 1, 0), sums=Sums.ONE))
    assert found.threshold == first_above(logarithm(smallest_infinite(dtype)), dtype)
    assert found.threshold == pytest.approx(figure, rel=1e-5)
    assert (found.failure, found.operator) == (Fault.NAN, "aten.exp")


@pytest.mark.parametrize(
    ("name", "figure"), [("float16", 10.3984375), ("bfloat16", 88.5), ("float32", 88.0297), ("float64", 709.0896)]
)
def test_two_equal_logits_overflow_in_the_sum(name: str, figure: float) -> None:
    """Lower by ln 2: the sum is infinite, the exponentials are not, and every weight is 0."""
    dtype = NAMES[name]
    found = only(search(softmax_naive, dtype, all_equal(2), sums=Sums.ONE))
    grid = Grid(dtype)
    assert found.threshold is not None
    # exp is rounded before it is doubled: the first number whose rounded exponential is half of infinity.
    half = smallest_infinite(dtype) / 2
    below = grid.value(grid.index(found.threshold) - 1)
    assert rounded_exp(found.threshold, dtype) >= half > rounded_exp(below, dtype)
    assert found.threshold == pytest.approx(figure, rel=1e-5)
    assert (found.failure, found.operator) == (Fault.ZEROS, "aten.sum")


def rounded_exp(x: float, dtype: torch.dtype) -> Fraction:
    """Return exp(x) with 60 digits, rounded to the nearest number of the dtype."""
    grid = Grid(dtype)
    with localcontext() as context:
        context.prec = 60
        exact = Fraction(Decimal(x).exp())
    index = grid.index(float(exact))
    around = [Fraction(grid.value(each)) for each in range(max(0, index - 1), index + 2)]
    return min(around, key=lambda number: abs(number - exact))


@pytest.mark.parametrize(
    ("name", "figure"), [("float16", -17.34375), ("bfloat16", -93.0), ("float32", -103.9721), ("float64", -745.1332)]
)
def test_naive_softmax_of_very_negative_logits_is_zero_over_zero(name: str, figure: float) -> None:
    """The first number below the logarithm of half the smallest number."""
    dtype = NAMES[name]
    found = only(search(softmax_naive, dtype, all_negative(2), sums=Sums.ONE))
    assert found.threshold == -first_above(-logarithm(largest_zero(dtype)), dtype)
    assert found.threshold == pytest.approx(figure, rel=1e-5)
    assert (found.failure, found.operator) == (Fault.NAN, "aten.div")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [2, 1000])
def test_hard_softmax_is_all_zeros_once_its_sum_overflows(name: str, length: int) -> None:
    """J (1 + x), rounded to the dtype at 1 + x, reaches what rounds to infinity: zeros, not NaN."""
    dtype = NAMES[name]
    found = only(search(hard_softmax, dtype, all_equal(length), sums=Sums.ONE))
    assert found.threshold is not None
    grid = Grid(dtype)
    bound = smallest_infinite(dtype) / length
    below = grid.value(grid.index(found.threshold) - 1)
    # A sum of more than two is accumulated in float32 at least, and rounded on the way by less than so much.
    slack = 1 - (length - 2) * Fraction(torch.finfo(torch.promote_types(dtype, torch.float32)).eps)
    assert rounded(1 + Fraction(found.threshold), dtype) >= bound * slack
    assert rounded(1 + Fraction(below), dtype) < bound / slack
    assert (found.failure, found.operator) == (Fault.ZEROS, "aten.sum")


@pytest.mark.parametrize(
    ("name", "length", "figure"),
    [
        ("float16", 2, 32768),
        ("float16", 1000, 64.5625),
        ("bfloat16", 2, 1.7014e38),
        ("bfloat16", 1000, 3.4e35),
        ("float32", 2, 1.7014e38),
        ("float32", 1000, 3.4e35),
        ("float64", 2, 8.988e307),
        ("float64", 1000, 1.7977e305),
    ],
)
def test_the_figures_of_that_overflow(name: str, length: int, figure: float) -> None:
    """64.5625 in float16, where a thousand logits are no exception."""
    found = only(search(hard_softmax, NAMES[name], all_equal(length), sums=Sums.ONE))
    assert found.threshold == pytest.approx(figure, rel=1e-3)


def rounded(exact: Fraction, dtype: torch.dtype) -> Fraction:
    """Return the number of the dtype nearest to a positive one; of two, the one with an even last bit."""
    grid = Grid(dtype)
    low = grid.index(float(exact)) - 1
    around = [index for index in range(max(0, low), low + 3) if math.isfinite(grid.value(index))]
    return Fraction(grid.value(min(around, key=lambda index: (abs(Fraction(grid.value(index)) - exact), index % 2))))


@pytest.mark.parametrize(
    ("name", "figure"), [("float16", -2048.0), ("bfloat16", -256.0), ("float32", -(2.0**24)), ("float64", -(2.0**53))]
)
def test_as_written_every_energy_is_zero(name: str, figure: float) -> None:
    """PLU(x) rounds to -1, PLU(x) + 1 is 0, and the row 0 / 0."""
    found = only(search(hard_softmax_as_written, NAMES[name], all_negative(2), sums=Sums.ONE))
    assert (found.threshold, found.failure, found.operator) == (figure, Fault.NAN, "aten.div")


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_where_energies_are_zero_is_that_of_every_number_tried(name: str) -> None:
    """From the first on they come and go, up to twice as far; from there on all are 0: all numbers have been tried."""
    dtype = NAMES[name]
    grid = Grid(dtype)
    numbers = torch.tensor([grid.value(index) for index in range(grid.index(grid.largest) + 1)], dtype=dtype)
    zero = plu(-numbers) + 1 == 0
    first = numbers[zero].min()
    last_not = numbers[~zero].max()
    assert float(first) == {"float16": 2048, "bfloat16": 256}[name]
    assert float(first) < float(last_not) < 2 * float(first)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_the_gradient_of_one_over_one_minus_x_underflows(name: str) -> None:
    """Its square is half the smallest number: the same number is found by trying all of them."""
    dtype = NAMES[name]
    found = only(search(energy, dtype, all_negative(2), backward=True))
    grid = Grid(dtype)
    tried = [-grid.value(index) for index in range(grid.index(grid.largest) + 1)]
    x = torch.tensor(tried, dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    first = max(number for number, zero in zip(tried, (slope == 0).tolist(), strict=True) if zero)
    assert (found.threshold, found.failure) == (first, Fault.VANISHED)
    assert found.threshold == pytest.approx({"float16": -5792, "bfloat16": -1.4757e20}[name], rel=1e-4)


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_it_underflows_in_wide_dtypes_too(name: str) -> None:
    """At the root of twice the inverse of the smallest number: 3.8e22, and 6.4e161."""
    dtype = NAMES[name]
    found = only(search(energy, dtype, all_negative(2), backward=True))
    assert found.failure is Fault.VANISHED
    assert found.threshold is not None
    assert float(largest_zero(dtype) * Fraction(found.threshold) ** 2) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "figure"), [("float16", 8.3203125), ("bfloat16", 6.25), ("float32", 16.6355), ("float64", 36.7368)]
)
def test_sigmoid_has_no_gradient_where_it_rounds_to_one(name: str, figure: float) -> None:
    """Then y (1 - y) is 0: once 1 + exp(-x) is 1 in the dtype; of 16 bits, computed in float32, once y is 1 - eps/4.

    Both are ties, which go to 1, whose last bit is even.
    """
    dtype = NAMES[name]
    found = only(search(torch.sigmoid, dtype, all_equal(2), backward=True))
    eps = Fraction(torch.finfo(dtype).eps)
    bound = logarithm(4 / eps if dtype.itemsize == 2 else 2 / eps)
    assert found.threshold == first_above(bound, dtype)
    assert (found.failure, found.operator) == (Fault.VANISHED, "aten.sigmoid_backward")
    assert found.threshold == pytest.approx(figure, rel=1e-5)


@pytest.mark.parametrize("length", [2, 197, 1000])
def test_softmax_loses_a_gradient_that_is_not_0_when_it_is_rounded(length: int) -> None:
    """It is made from an output in which the small weights are 0: from 17.34, whatever the length, in float16.

    There the exact gradient, rounded to float16, is 2^-24 at least.
    """
    logits = (1.0, *[0.0] * (length - 1))
    found = only(search(lambda x: torch.softmax(x, -1), torch.float16, row("one large", *logits), backward=True))
    assert (found.failure, found.threshold, found.rounds_to_zero) == (Fault.VANISHED, 17.34375, False)
    x = (torch.tensor(logits, dtype=torch.float64) * 17.34375).requires_grad_()
    upstream = torch.tensor([1.0, -1.0] * length, dtype=torch.float64)[:length]
    (exact,) = torch.autograd.grad(torch.softmax(x, -1), x, upstream)
    assert float(exact.half().abs().max()) >= 2.0**-24


def test_all_dtypes_are_in_the_tables_above() -> None:
    """No dtype is left out by a slip."""
    assert tuple(NAMES.values()) == DTYPES


@pytest.mark.parametrize(
    ("function", "dtype", "share", "figure"),
    [
        (plu, torch.bfloat16, 0.01, -1.9453125),
        (plu, torch.bfloat16, 0.10, -31.125),
        (plu, torch.float16, 0.01, -15.2),
        (plu, torch.float16, 0.10, -255.0),
    ],
)
def test_as_written_energies_are_wrong_long_before_they_are_zero(
    function: Callable[[torch.Tensor], torch.Tensor], dtype: torch.dtype, share: float, figure: float
) -> None:
    """PLU(x) + 1 cancels. Of all numbers, the one nearest to 0 whose energy is off by more than the share."""
    grid = Grid(dtype)
    numbers = [grid.value(index) for index in range(grid.index(4096.0))]
    energies = (function(-torch.tensor(numbers, dtype=dtype)) + 1).double()
    exact = 1 / (1 + torch.tensor(numbers, dtype=torch.float64))
    wrong = (energies / exact - 1).abs() > share
    assert -min(number for number, off in zip(numbers, wrong.tolist(), strict=True) if off) == pytest.approx(
        figure, rel=3e-3
    )
