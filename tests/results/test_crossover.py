"""From which length on something is faster, by paired ratios at a few lengths."""

from __future__ import annotations

import pytest

from results.crossover import FasterFrom, FasterThroughout, NotFaster, NotMeasured, crossover
from results.stats import Ratio


def ratio(value: float, low: float, high: float) -> Ratio:
    """Return a ratio with its interval."""
    return Ratio(value=value, low=low, high=high, pairs=20)


def test_between_two_lengths_the_logarithms_are_on_a_line() -> None:
    """From 2 at 100 to 1/2 at 400 the ratio is 1 at 200; each end of the intervals has a length of its own."""
    found = crossover({400: ratio(0.5, 0.25, 0.8), 100: ratio(2.0, 1.0, 4.0)})
    assert isinstance(found, FasterFrom)
    assert found.length == pytest.approx(200)
    assert found.low == pytest.approx(100)
    # From log 4 to log 0.8: 0.8613 of the way.
    assert found.high == pytest.approx(330.1, abs=0.1)


def test_the_last_passing_counts() -> None:
    """A short length at which it happens to be faster is not where it gets faster for good."""
    found = crossover({16: ratio(0.9, 0.8, 0.95), 32: ratio(2.0, 1.9, 2.1), 64: ratio(0.5, 0.4, 0.6)})
    assert isinstance(found, FasterFrom)
    assert found.length == pytest.approx(2**5.5)


def test_what_may_begin_before_the_lengths_measured_has_an_end_alone() -> None:
    """At the shortest length the interval holds 1, and at the next one it is certain."""
    found = crossover({64: ratio(0.9, 0.8, 1.25), 256: ratio(0.5, 0.4, 0.8)})
    assert isinstance(found, FasterFrom)
    assert (found.length, found.low) == (None, None)
    assert found.high == pytest.approx(128)


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ({64: ratio(0.9, 0.8, 0.95), 128: ratio(0.5, 0.4, 0.6)}, FasterThroughout(shortest=64)),
        ({64: ratio(3.0, 2.9, 3.1), 128: ratio(2.0, 1.9, 2.1)}, NotFaster(longest=128, undecided=False)),
        ({64: ratio(3.0, 2.9, 3.1), 128: ratio(0.99, 0.9, 1.1)}, NotFaster(longest=128, undecided=True)),
        ({64: ratio(0.9, 0.8, 0.95), 128: ratio(0.99, 0.9, 1.1)}, NotFaster(longest=128, undecided=True)),
        ({64: ratio(0.5, 0.4, 0.6)}, NotMeasured()),
        ({}, NotMeasured()),
    ],
)
def test_what_is_not_between_two_lengths_is_said(ratios: dict[int, Ratio], expected: object) -> None:
    """Nothing is said of lengths that were not measured."""
    assert crossover(ratios) == expected
