from __future__ import annotations

import pytest

from reporting.interval_bar import bar, scale
from results.checks import Interval


@pytest.mark.parametrize(
    ("low", "ratio", "high", "drawn"),
    [
        (0.99, 1.0, 1.01, "    :  -o-  :    "),
        (1.041, 1.052, 1.063, "    :   |   :--o-"),
        (1.041, 1.052, 1.069, "    :   |   :--o>"),
        (1.0, 1.0, 1.0, "    :   o   :    "),
        (0.5, 1.0, 2.0, "<-------o------->"),
        (1.5, 2.0, 3.0, "    :   |   :   >"),
        (0.3, 0.5, 0.6, "<   :   |   :    "),
        (1 / 1.03, 1.0, 1.03, "    ----o----    "),
    ],
)
def test_an_interval_is_drawn_to_scale(low: float, ratio: float, high: float, drawn: str) -> None:
    """The threshold is 4 cells from 1 on both sides, and what lies beyond the ends is an arrow there."""
    assert bar(Interval(ratio=ratio, low=low, high=high), 0.03) == drawn


def test_the_scale_stands_above_the_marks() -> None:
    """Its numbers have their middles where bars have theirs."""
    assert scale(0.03) == "  0.971 1 1.030  "
    assert scale(0.1) == "  0.909 1 1.100  "
