"""PLU: its definition, its slopes, its parameter."""

from __future__ import annotations

import math

import pytest
import torch

from attn_impls.activations import PLU


@pytest.mark.parametrize(
    ("a", "x", "expected"),
    [
        (1.0, 2.0, 2.0),
        (1.0, 0.0, 0.0),
        (1.0, -1.0, -0.5),
        (1.0, -3.0, -0.75),
        (0.5, 2.0, 2.0),
        (0.5, -1.0, -0.25),
        (0.5, -3.0, -0.375),
    ],
)
def test_value(a: float, x: float, expected: float) -> None:
    """PLU(x) is x above 0 and a x / (1 - x) below."""
    assert float(PLU(a)(torch.tensor(x, dtype=torch.float64))) == expected


@pytest.mark.parametrize(
    ("a", "x", "expected"),
    [
        # 1, not the 1/a that the paper's eq. 4 prints.
        (0.5, 2.0, 1.0),
        # a / (1 + |x|)^2.
        (0.5, -1.0, 0.125),
        (1.0, -1.0, 0.25),
        # With a = 1 both pieces have the slope 1 where they meet.
        (1.0, 0.0, 1.0),
    ],
)
def test_slope(a: float, x: float, expected: float) -> None:
    """PLU's slope is 1 above 0, whatever a is, and a / (1 + |x|) squared below."""
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    PLU(a)(leaf).backward()
    assert leaf.grad is not None
    assert float(leaf.grad) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("a", [0.0, -0.5, 1.5, math.inf, math.nan])
def test_parameter_out_of_range(a: float) -> None:
    """An a for which PLU is not max(x, ...) of its definition is refused."""
    with pytest.raises(ValueError, match=rf"^a must be in \(0, 1\], not {a}$"):
        PLU(a)


def test_shows_its_parameter() -> None:
    """A printed network tells which PLU it has."""
    assert repr(PLU(0.25)) == "PLU(a=0.25)"
