"""The command that holds our median against another timer's."""

from __future__ import annotations

import pytest
from agreement import PRODUCTS, SIZES, calls


@pytest.mark.parametrize(
    ("largest", "names"),
    [
        (149_999, ["add of 70,000"]),
        (768**2, ["add of 70,000", "add of 150,000", "add of 400,000", "product of 768"]),
    ],
)
def test_cases_up_to_a_size(largest: int, names: list[str]) -> None:
    """Those with larger tensors are left out, products as well as sums."""
    assert list(calls("cpu", largest)) == names
    assert len(names) < len(SIZES) + len(PRODUCTS)
