"""What was planted is found: exactly there, by the right name, or not at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from bench.numerics.frontier import Searched, find_frontiers
from bench.numerics.function import Function
from bench.numerics.grid import Grid
from bench.numerics.patterns import Pattern
from bench.numerics.verdict import Sums, faults, tolerance
from results.numerics import Fault

from .planted import DTYPES, all_equal, all_negative, row, search

if TYPE_CHECKING:
    from collections.abc import Callable


def broken_from(limit: float, value: float) -> Callable[[Tensor], Tensor]:
    """Return a function that gives this value from the limit on, and its input below."""
    return lambda x: torch.where(x >= limit, value, x)


def at_or_above(limit: float, dtype: torch.dtype) -> float:
    """Return the smallest number of the dtype that is not below the limit, found by stepping from below."""
    found = torch.tensor(limit, dtype=torch.float64).to(dtype)
    while float(found) >= limit:
        found = torch.nextafter(found, torch.zeros((), dtype=dtype))
    return float(torch.nextafter(found, torch.tensor(torch.inf, dtype=dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("value", "fault"), [(math.nan, Fault.NAN), (math.inf, Fault.INF), (-math.inf, Fault.INF)])
def test_a_planted_limit_is_found_exactly(dtype: torch.dtype, value: float, fault: Fault) -> None:
    """NaN from exactly 1234.5 on: the first number of the dtype that is not below it, and not its neighbour."""
    # Comparing in the dtype would move the limit to one of its numbers.
    (found,) = search(lambda x: torch.where(x.double() >= 1234.5, value, x), dtype, all_equal(3))
    assert (found.threshold, found.failure) == (at_or_above(1234.5, dtype), fault)


def test_the_planted_limits_by_dtype() -> None:
    """In float16 numbers are 1 apart there, in bfloat16 8; float32 and float64 have the limit itself."""
    assert [at_or_above(1234.5, dtype) for dtype in DTYPES] == [1235.0, 1240.0, 1234.5, 1234.5]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("backward", [False, True])
def test_a_function_that_never_fails_has_no_threshold(dtype: torch.dtype, *, backward: bool) -> None:
    """Up to the largest number of the dtype."""
    for found in search(torch.nn.Softsign(), dtype, all_equal(2), row("one large", 1, 0), backward=False):
        assert (found.threshold, found.failure, found.value) == (None, None, None)
    (found,) = search(lambda x: x / 2, dtype, all_negative(2), backward=backward)
    assert (found.threshold, found.failure) == (None, None)


def test_the_largest_number_is_tried_too() -> None:
    """A function that fails at the last number alone is not called safe."""
    (found,) = search(broken_from(65504, math.nan), torch.float16, all_equal(2))
    assert found.threshold == 65504


def test_a_negative_threshold_is_the_logit_itself() -> None:
    """Of logits that are all negative, the figure is below 0."""
    (found,) = search(lambda x: torch.where(x <= -40, math.nan, x), torch.float32, all_negative(2))
    assert found.threshold == -40


def test_what_fails_at_zero_has_threshold_zero() -> None:
    """A masked logit that spoils the row does so however small the others are."""
    (found,) = search(lambda x: x - x, torch.float32, row("one -inf", -math.inf, 1))
    assert (found.threshold, found.failure) == (0.0, Fault.NAN)


@pytest.mark.parametrize(("dtype", "limit"), [(torch.float16, 65504), (torch.float32, torch.finfo(torch.float32).max)])
def test_random_inputs_stop_where_one_of_them_would_overflow(dtype: torch.dtype, limit: float) -> None:
    """The input itself stays finite: what it does at infinity is asked by another pattern."""
    seen: list[float] = []

    def remembers(x: Tensor) -> Tensor:
        seen.append(float(x.abs().max()))
        return x

    (found,) = search(remembers, dtype, row("Gaussian", 0.5, -3.3, 1.7))
    assert found.failure is None
    assert 0.99 * limit < max(seen) <= limit


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_gradient_that_is_rounded_away_has_vanished(dtype: torch.dtype) -> None:
    """A plateau that no exact function has: where tanh rounds to 1, its slope 1 - tanh^2 is 0."""
    (found,) = search(torch.tanh, dtype, all_equal(2), backward=True)
    # tanh(x) rounds to 1 once 1 - tanh(x), about 2 exp(-2 x), is below a quarter of epsilon.
    bound = math.log(8 / torch.finfo(dtype).eps) / 2
    assert found.failure is Fault.VANISHED
    assert found.threshold == pytest.approx(bound, rel=0.05)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_gradient_that_is_exactly_zero_has_not_vanished(dtype: torch.dtype) -> None:
    """A clamp has no slope beyond its limit, in any precision: only what comes later is a failure."""
    clamp, later = search(nn.Hardsigmoid(), dtype, all_equal(2), all_negative(2), backward=True)
    assert (clamp.failure, later.failure) == (None, None)

    def clamped_then_broken(x: Tensor) -> Tensor:
        return x.clamp(max=3) + x * torch.where(x.detach() >= 500, math.nan, 0.0)

    (found,) = search(clamped_then_broken, dtype, all_equal(2), backward=True)
    assert (found.threshold, found.failure) == (500, Fault.NAN)


@pytest.mark.parametrize("dtype", DTYPES)
def test_output_zeros_are_a_failure_only_if_the_exact_output_is_not_zero(dtype: torch.dtype) -> None:
    """exp(-x) underflows; relu(-x) is 0."""
    underflow, zero = (search(each, dtype, all_negative(2))[0] for each in (torch.exp, torch.relu))
    # exp(x) rounds to 0 from half of the smallest number on.
    limits = torch.finfo(dtype)
    bound = math.log(limits.eps / 2) + math.log(limits.smallest_normal)
    assert underflow.failure is Fault.ZEROS
    assert underflow.threshold is not None
    below = Grid(dtype).value(Grid(dtype).index(-underflow.threshold) - 1)
    # bfloat16 on the CPU goes through float32, whose exponential has nothing below its smallest number either.
    assert below <= -bound * 1.001
    assert -underflow.threshold >= -bound
    assert zero.failure is None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_failure_of_a_few_numbers_is_seen_where_all_are_tried(dtype: torch.dtype) -> None:
    """From 1.5 up to 1.52 it fails, and never again: what looks at powers of two alone sees nothing."""

    def for_a_moment(x: Tensor) -> Tensor:
        return torch.where((x >= 1.5) & (x < 1.52), math.nan, x)

    (every,) = search(for_a_moment, dtype, all_equal(2), per_octave=2**14)
    (powers,) = search(for_a_moment, dtype, all_equal(2), per_octave=1)
    assert (every.threshold, every.failure) == (1.5, Fault.NAN)
    assert powers.failure is None


def test_a_failure_between_two_powers_is_seen_in_wide_dtypes_if_it_lasts() -> None:
    """A thirtieth of its magnitude long, by 64 numbers an octave; found to the neighbour."""
    (found,) = search(
        lambda x: torch.where((x >= 300.3) & (x < 310), math.nan, x), torch.float32, all_equal(2), per_octave=64
    )
    # The float32 next to 300.3, which is above it.
    assert (found.threshold, found.failure) == (300.29998779296875, Fault.NAN)


def zero_near(limit: float, share: float) -> Callable[[Tensor], Tensor]:
    """Return x - limit, and 0 where that is less than this share of the limit: in 16 bits only."""
    return lambda x: torch.where((x.dtype.itemsize == 2) & ((x.double() - limit).abs() < share * limit), 0, x - limit)


def test_a_zero_next_to_a_root_is_no_failure() -> None:
    """The exact result changes its sign within four numbers; a zero of a tenth to each side is one."""
    root, wide = (
        search(zero_near(300.1, share), torch.float16, all_equal(2), per_octave=2**14)[0] for share in (0.001, 0.1)
    )
    assert root.failure is None
    assert (wide.threshold, wide.failure) == (270.25, Fault.ZEROS)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_root_that_is_hit_does_not_hide_what_comes_later(dtype: torch.dtype) -> None:
    """At 1.5 the result is 0 in every precision; what fails from 40 on is found."""
    (found,) = search(lambda x: torch.where(x >= 40, math.nan, x - 1.5), dtype, all_equal(2), per_octave=32)
    assert (found.threshold, found.failure) == (40, Fault.NAN)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_result_that_is_the_same_at_all_places_of_a_batch(dtype: torch.dtype) -> None:
    """A tensor's last elements are computed by other code: softplus has the frontier of a full vector, always."""
    found = [search(nn.Softplus(), dtype, all_negative(length), per_octave=32)[0].threshold for length in (1, 2, 3, 64)]
    assert len(set(found)) == 1


def test_an_infinite_input_names_what_made_the_nan() -> None:
    """Infinity less infinity, of an input that is infinite from the start."""
    (found,) = search(lambda x: x.exp() - x.exp(), torch.float32, row("one +inf", math.inf, 0))
    assert (found.failure, found.operator) == (Fault.NAN, "aten.sub")


def test_sums_are_checked_as_far_as_they_are_promised() -> None:
    """A normaliser whose weights may sum to less may not sum to more; others must sum to 1."""

    def doubled_from_100(x: Tensor) -> Tensor:
        return torch.softmax(x, 1) * torch.where(x >= 100, 2.0, 0.5)

    found = [search(doubled_from_100, torch.float32, all_equal(4), sums=sums)[0] for sums in Sums]
    assert [(each.threshold, each.failure) for each in found] == [(0.0, Fault.SUM), (100.0, Fault.SUM), (None, None)]


def test_zeros_of_a_normaliser_are_wrong_even_if_another_precision_has_them() -> None:
    """Nothing sums to 1 that is all 0."""
    (found,) = search(lambda x: torch.softmax(x, 1) * (x < 50), torch.float32, all_equal(4), sums=Sums.ONE)
    assert (found.threshold, found.failure) == (50.0, Fault.ZEROS)


def test_patterns_that_do_not_grow_are_tried_once() -> None:
    """Their value is the threshold: what JSON has no word for is not stored."""
    infinite, masked, nan = search(
        torch.relu,
        torch.float32,
        row("one +inf", math.inf, 0),
        row("all -inf", -math.inf, -math.inf),
        row("one NaN", math.nan, 0),
    )
    assert (infinite.threshold, infinite.value, infinite.failure) == (None, math.inf, Fault.INF)
    assert (masked.value, masked.failure) == (None, None)
    assert nan.value is not None
    assert math.isnan(nan.value)
    assert nan.failure is Fault.NAN


def raises_from_20(x: Tensor) -> Tensor:
    """Raise if one of the inputs is 20 or more."""
    if bool((x >= 20).any()):
        msg = "too large"
        raise ValueError(msg)
    return x


def test_an_exception_is_a_failure_like_others() -> None:
    """Found as exactly, although many inputs are tried at once."""
    (found,) = search(raises_from_20, torch.float16, all_equal(2))
    assert (found.threshold, found.failure) == (20.0, Fault.RAISES)


def test_what_cannot_run_at_all_raises() -> None:
    """That is no frontier but a failed case."""

    def always(x: Tensor) -> Tensor:
        msg = f"no kernel for {x.dtype}"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="no kernel for"):
        search(always, torch.float16, all_equal(2))


def test_the_operator_that_failed_first_is_named() -> None:
    """Not the one whose NaN comes out at the end, but the one that overflowed before it."""
    (found,) = search(lambda x: torch.exp(x) / torch.exp(x) + 1, torch.float32, all_equal(2))
    assert (found.failure, found.operator) == (Fault.NAN, "aten.exp")
    (found,) = search(lambda x: x / x.sum(1, keepdim=True), torch.float32, row("two", 1, 1))
    # 0 / 0 at magnitude 0: nothing below it works.
    assert (found.threshold, found.operator) == (0.0, "aten.div")


def test_a_module_on_feature_maps_is_searched_one_map_at_a_time() -> None:
    """Each is a batch of its own; the convolution overflows in float16, and is named."""

    def summing(dtype: torch.dtype) -> Function:
        module = nn.Sequential(nn.Conv2d(4, 4, 1, bias=False)).to(dtype)
        nn.init.ones_(next(module.parameters()))
        return Function(module=module, dtype=dtype, device="cpu", backward=False, rows=False)

    maps = Pattern(name="feature map", unit=torch.ones(2, 4, 3, 3, dtype=torch.float64))
    searched = Searched(function=summing(torch.float16), witness=summing(torch.float64), patterns=(maps,), per_octave=1)
    (found,) = find_frontiers(searched)
    # 4 x rounds to infinity from 65520 on; the numbers are 16 apart there.
    assert (found.threshold, found.failure, found.operator) == (16384, Fault.INF, "aten.convolution")


@pytest.mark.parametrize(
    ("dtype", "terms", "expected"),
    [
        (torch.bfloat16, 2, 4 * (2.0**-8 + 2 * 2.0**-23)),
        (torch.float32, 1000, 4 * (2.0**-24 + 1000 * 2.0**-23)),
        (torch.float64, 1000, 4 * (2.0**-53 + 1000 * 2.0**-52)),
    ],
)
def test_what_rounding_explains_is_no_wrong_sum(dtype: torch.dtype, terms: int, expected: float) -> None:
    """1.6% in bfloat16, 0.05% of a thousand terms in float32: derived from the dtype, not guessed."""
    assert tolerance(dtype, terms) == pytest.approx(expected, rel=1e-6)
    weights = torch.full((2, terms), 1 / terms, dtype=torch.float64)
    weights[0, 0] += 0.9 * tolerance(torch.float64, terms)
    weights[1, 0] += 1.1 * tolerance(torch.float64, terms)
    assert faults(weights, Sums.ONE, backward=False) == [None, Fault.SUM]
