"""Promises of the order of rows: what is surely faster than what, and what cannot be ordered."""

from __future__ import annotations

from reporting.speed_order import order_sentences
from results.stats import Ratio


def between(low: float, high: float) -> Ratio:
    return Ratio(value=(low + high) / 2, low=low, high=high, pairs=20)


def test_rows_are_ordered_where_intervals_allow() -> None:
    """B is slower than A and C; A and C are within the noise of each other."""
    pairs = {("B", "A"): between(1.1, 1.2), ("C", "A"): between(0.99, 1.01), ("C", "B"): between(0.8, 0.9)}
    assert order_sentences([["A", "B", "C"]], pairs, 0.02) == (
        "Faster here, by more than the noise floor: A than B; C than B.",
        "Cannot be ordered here: A with C.",
    )


def test_what_is_faster_than_several_names_them() -> None:
    """All three pairs are ordered: nothing is left."""
    pairs = {("B", "A"): between(1.1, 1.2), ("C", "A"): between(1.3, 1.4), ("C", "B"): between(1.1, 1.2)}
    assert order_sentences([["A", "B", "C"]], pairs, 0.02) == (
        "Faster here, by more than the noise floor: A than B and C; B than C.",
    )


def test_what_was_not_paired_is_not_ordered() -> None:
    """Nor is what differs by less than the noise floor."""
    pairs = {("B", "A"): between(1.01, 1.02), ("C", "A"): between(1.03, 1.04)}
    assert order_sentences([["A", "B", "C"]], pairs, 0.05) == ("No two of these rows can be ordered here: A, B and C.",)


def test_of_two_rows_their_ratio_says_all() -> None:
    """Groups of two have no sentence."""
    assert order_sentences([["A", "B"], ["C", "D"]], {("B", "A"): between(1.1, 1.2)}, 0.02) == ()
