"""What a user writes for an option -> its value, or one line that says what is possible."""

from __future__ import annotations

from dataclasses import dataclass, fields, make_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.errors import UsageError
from results.records import Timing
from suites.option import is_given, option, options_of, parsed
from suites.parsers import OneOf, Positive, Text, Whole

if TYPE_CHECKING:
    from suites.parsers import Parser


@dataclass(frozen=True, kw_only=True)
class Table:
    """Two options, and a field that is none."""

    sizes: tuple[int, ...] = option("--size", Whole(lowest=2), multiple=True, words="Sizes.", default_words="4")
    how: str = option(
        "--how", OneOf(("fast", "well")), default="well", default_words="well", words="how.", suites=("latency",)
    )
    other: int = 3


SIZES, HOW = options_of(Table)


def test_a_table_is_a_dataclass() -> None:
    """Its options have the names of its fields, in their order, and its fields the defaults of the options."""
    assert [(row.name, row.flag, row.metavar) for row in (SIZES, HOW)] == [
        ("sizes", "--size", "N"),
        ("how", "--how", "[fast|well]"),
    ]
    assert Table() == Table(sizes=(), how="well", other=3)
    assert len(fields(Table)) == 3


def test_a_help_text_has_suites_words_default_and_range() -> None:
    """Other words may stand in their place; the range stays."""
    assert SIZES.help() == "Sizes. Default: 4.  [x>=2]"
    assert HOW.help() == "latency: how. Default: well."
    assert SIZES.help("As elsewhere.") == "As elsewhere.  [x>=2]"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (None, ()),
        ((), ()),
        ([], ()),
        ("7", (7,)),
        (7, (7,)),
        (("7", 8), (7, 8)),
        (range(2, 4), (2, 3)),
    ],
)
def test_several_values_are_a_tuple(given: object, value: tuple[int, ...]) -> None:
    """Texts as on a command line, values as in Python, a single one by itself; the default if there is none."""
    assert SIZES.take(given) == value


def test_every_option_has_a_value() -> None:
    """What was not given has its default; what is no option of the table is left alone."""
    assert parsed((SIZES, HOW), {"sizes": ["3"], "other": 5}) == {"sizes": (3,), "how": "well"}


@pytest.mark.parametrize(("value", "given"), [(None, False), ((), False), ([], False), ("", True), (0, True)])
def test_what_is_given(value: object, *, given: bool) -> None:
    """A zero and an empty text are chosen, if wrongly; None and an empty list are not."""
    assert is_given(value) is given


@pytest.mark.parametrize(
    ("parse", "given", "value"),
    [
        (Text(), "se", "se"),
        (Text(), Path("mine.py"), "mine.py"),
        (Whole(), "-3", -3),
        (Whole(lowest=1, highest=3), 3, 3),
        (Positive(), "0.5", 0.5),
        (Positive(), 2, 2.0),
        (OneOf(("hot", "cold")), Timing.COLD, "cold"),
    ],
)
def test_values(parse: Parser, given: object, value: object) -> None:
    """A text is parsed, a value is taken as it is."""
    found = parse(given)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("parse", "given", "message"),
    [
        (Text(), 3, "3 is not a text."),
        (Whole(), "x", "'x' is not a valid integer."),
        (Whole(), 2.5, "2.5 is not a valid integer."),
        (Whole(lowest=8), "x", "'x' is not a valid integer range."),
        (Whole(lowest=8), "4", "4 is not in the range x>=8."),
        (Whole(lowest=1, highest=16), 17, "17 is not in the range 1<=x<=16."),
        (Positive(), "x", "'x' is not a valid float range."),
        (Positive(), "0", "0.0 is not in the range x>0."),
        (OneOf(("hot", "cold")), "warm", "'warm' is not one of 'hot', 'cold'."),
    ],
)
def test_what_is_not_possible_is_refused(parse: Parser, given: object, message: str) -> None:
    """The option, what was given, and what would be possible, in the words of the command line."""
    with pytest.raises(ValueError, match="is not") as caught:
        parse(given)
    assert str(caught.value) == message
    (row,) = options_of(make_dataclass("T", [("x", object, option("--x", parse, words=""))]))
    with pytest.raises(UsageError) as refused:
        row.take(given)
    assert str(refused.value) == f"Invalid value for '--x': {message}"
