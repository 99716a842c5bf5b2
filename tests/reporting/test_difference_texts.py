from __future__ import annotations

import math

import pytest

from reporting.difference_texts import difference_words, limit_text, side_texts
from results.checks import Difference


@pytest.mark.parametrize(
    ("quantity", "base", "head", "texts"),
    [
        ("parameters", 6_220_548.0, 6_220_612.0, ("6220548", "6220612")),
        ("MACs (ptflops)", 12.0, 24.0, ("12", "24")),
        ("saved bytes", 1_258_291.0, 1_572_864.0, ("1.20 MiB", "1.50 MiB")),
        ("bytes read", 0.0, 512.0, ("0 B", "512 B")),
        ("overflow threshold (one large)", 65504.0, 11.09375, ("65504", "11.0938")),
        ("max relative error (scale 1)", 4.88e-4, 0.0, ("4.9e-04", "0")),
        ("median error in ulps (scale 1)", 0.28, 3.14, ("0.28", "3.1")),
        ("anything else", 0.5, 0.25, ("0.5", "0.25")),
    ],
)
def test_figures_have_the_units_of_their_quantity(quantity: str, base: float, head: float, texts: object) -> None:
    """Bytes, errors and thresholds look as in every other table; what is counted is printed whole."""
    assert side_texts(Difference(quantity=quantity, base=base, head=head, worse=True)) == texts


@pytest.mark.parametrize(
    ("quantity", "base", "head", "texts"),
    [
        ("peak live bytes", 1_572_864.0, 1_572_868.0, ("1572864 B", "1572868 B")),
        ("max relative error (scale 1)", 4.881e-4, 4.882e-4, ("0.0004881", "0.0004882")),
    ],
)
def test_a_difference_is_never_rounded_away(quantity: str, base: float, head: float, texts: object) -> None:
    """Where both would read the same, all digits are printed."""
    assert side_texts(Difference(quantity=quantity, base=base, head=head, worse=True)) == texts


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        (Difference(quantity="overflow threshold (random)", head=90.0, worse=True), ("never", "90")),
        (Difference(quantity="fault (one NaN)", base="sum", worse=False), ("sum", "none")),
        (Difference(quantity="parameters", head=12000.0, limit=10000.0, worse=True), ("-", "12000")),
        (
            Difference(quantity="audit: gradients", base="a\nb", head="\x1b[31mred", worse=True),
            ("a b", "\ufffd[31mred"),
        ),
        (Difference(quantity="results", base=1.0, head=math.nan, worse=True), ("1", "nan")),
    ],
)
def test_what_is_no_figure_has_its_word(found: Difference, texts: object) -> None:
    """A missing figure is not a 0, and a text cannot control a terminal."""
    assert side_texts(found) == texts


def test_a_difference_in_one_line() -> None:
    """What is beyond a limit is held against that, not against a base that was not measured."""
    saved = Difference(quantity="saved bytes", base=1024.0, head=2048.0, worse=True)
    beyond = Difference(quantity="saved bytes", head=2048.0, limit=1024.0, worse=True)
    assert difference_words(saved) == "saved bytes 1.00 KiB -> 2.00 KiB"
    assert difference_words(beyond) == "saved bytes 2.00 KiB, limit 1.00 KiB"
    assert (limit_text(saved), limit_text(beyond)) == ("", "1.00 KiB")
