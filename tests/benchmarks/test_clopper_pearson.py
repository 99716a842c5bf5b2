"""Bounds of a rate."""

from __future__ import annotations

import pytest
from clopper_pearson import bounds


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (8, 10, 0.4439, 0.9748),
        (0, 400, 0.0, 0.00918),
        (160, 160, 0.97721, 1.0),
    ],
)
def test_bounds_are_those_of_the_tables(count: int, of: int, low: float, high: float) -> None:
    assert bounds(count, of) == pytest.approx((low, high), abs=1e-4)
