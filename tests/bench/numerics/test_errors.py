"""Errors against exact values, from values that are known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch

from bench.numerics.errors import Compared, NothingExactError, errors, measure_errors, ulp
from bench.numerics.function import Function

from .planted import Planted

if TYPE_CHECKING:
    from torch import nn


def test_relative_errors_and_ulps() -> None:
    """Neighbours of 1 in bfloat16 are 2^-7 apart above, and 2^-8 below."""
    exact = torch.tensor([[1.0, 1.0, 0.5, 4.0]], dtype=torch.float64)
    results = torch.tensor([[1.0078125, 1.0, 0.5, 4.0625]], dtype=torch.bfloat16)
    found = errors(results, exact, 1.0)
    assert (found.elements, found.not_finite, found.below_normal) == (4, 0, 0)
    assert found.max_relative == 0.015625
    assert found.max_ulps == 2.0
    # Of 0, 0, 1/128 and 1/64 the lower middle one.
    assert found.median_relative == 0.0


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        (torch.float16, 1.0, 2.0**-10),
        (torch.float16, 0.99, 2.0**-11),
        (torch.float16, 2048.0, 2.0),
        (torch.float16, 1e-6, 2.0**-24),
        (torch.float16, 0.0, 2.0**-24),
        (torch.bfloat16, -3.0, 2.0**-6),
        (torch.float32, 1.5, 2.0**-23),
    ],
)
def test_a_unit_in_the_last_place_is_the_distance_of_neighbours(
    dtype: torch.dtype, value: float, expected: float
) -> None:
    """Of subnormal numbers and 0 it is the smallest number."""
    (found,) = ulp(torch.tensor([value], dtype=torch.float64), dtype).tolist()
    assert found == expected


def test_what_is_not_finite_is_counted_and_in_no_figure() -> None:
    """NaN and infinite where the exact value is finite; where that is infinite too, nothing is wrong."""
    exact = torch.tensor([1.0, 2.0, 3.0, math.inf], dtype=torch.float64)
    found = errors(torch.tensor([1.0, math.nan, math.inf, math.inf]), exact, 10.0)
    assert (found.scale, found.elements, found.not_finite) == (10.0, 4, 2)
    assert (found.max_relative, found.max_ulps) == (0.0, 0.0)


def test_what_is_below_the_normal_numbers_is_counted_and_in_no_figure() -> None:
    """A weight of 1e-30 is 0 in float16: 100% wrong, and less than a unit in the last place."""
    found = errors(torch.zeros(2, dtype=torch.float16), torch.tensor([1e-30, 1e-9], dtype=torch.float64), 1.0)
    assert (found.below_normal, found.max_relative, found.median_relative) == (2, None, None)
    assert (found.max_ulps, found.median_ulps) == (None, None)


def test_what_should_be_zero_is_off_by_no_number_of_units() -> None:
    """A sum that cancels but for 1e-5 would be off by 1e35 of the smallest numbers of bfloat16."""
    exact = torch.tensor([1.0, 0.0, 1e-39], dtype=torch.float64)
    found = errors(torch.tensor([1.0078125, 1e-5, 1e-5], dtype=torch.bfloat16), exact, 1.0)
    assert (found.elements, found.below_normal, found.max_ulps) == (3, 2, 1.0)


def test_nothing_finite_leaves_no_figure() -> None:
    """Not a maximum of nothing."""
    found = errors(torch.tensor([math.nan]), torch.tensor([1.0], dtype=torch.float64), 1.0)
    assert (found.not_finite, found.max_relative, found.max_ulps, found.median_ulps) == (1, None, None, None)


def compared(module: nn.Module) -> Compared:
    """Return a function in float16, and what it does in float64, on two rows."""
    judged, exact = (
        Function(module=module, dtype=dtype, device="cpu", backward=False, rows=True)
        for dtype in (torch.float16, torch.float64)
    )
    return Compared(function=judged, exact=exact, unit=torch.ones(2, 8, dtype=torch.float64), scales=(1.0,))


def test_what_computes_in_float32_whatever_it_is_asked_for_has_nothing_exact_beside_it() -> None:
    """Its results in float64 have the same faults: compared with itself it would be perfect."""
    with pytest.raises(NothingExactError, match="asked for float64, it computes in float32: there is nothing exact"):
        measure_errors(compared(Planted(lambda x: x.float().softmax(1).to(x.dtype))))
    (found,) = measure_errors(compared(Planted(lambda x: x.softmax(1))))
    assert found.max_ulps == 0.0
