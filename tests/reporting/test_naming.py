"""Promises of lists of names in notes: short, and nothing is lost without a word."""

from __future__ import annotations

from reporting.naming import few_names, within


def test_rows_of_one_name_are_folded() -> None:
    """Its facts stand behind it; a name with details of its own keeps them."""
    names = ("se (forward, batch 1)", "se (forward, batch 4)", "eca", "se (conv2) (forward)", "eca in 3 of 9 samples")
    assert few_names(names) == (
        "se (forward, batch 1; forward, batch 4), eca, se (conv2) (forward), eca in 3 of 9 samples"
    )


def test_more_than_a_few_are_counted() -> None:
    """Equal names once."""
    assert few_names("abcdefgha") == "a, b, c, d, e and 3 more"


def test_a_list_keeps_within_its_characters() -> None:
    """The first part stands in any case."""
    assert within(["12345", "12345678", "x", "y"], 16) == "12345, 12345678 and 2 more"
    assert within(["a long one", "b"], 3) == "a long one and 1 more"
