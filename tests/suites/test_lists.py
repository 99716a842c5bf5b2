"""Several values in one text, by every option that can have several."""

from __future__ import annotations

import pytest

from bench.errors import UsageError
from suites.axes import AXES
from suites.lists import at_commas, implementations, whole
from suites.option import parsed

ROWS = {axis.name: axis for axis in AXES}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("se", ["se"]),
        ("se,cbam", ["se", "cbam"]),
        ("se, sk/*", ["se", "sk/*"]),
        ("se:reduction=4", ["se:reduction=4"]),
        ("se:reduction=4,cbam", ["se:reduction=4", "cbam"]),
        ("se:reduction=4,excitation=tanh", ["se:reduction=4,excitation=tanh"]),
        (
            "se:reduction=4,excitation=tanh,cbam:kernel_size=3,reduction=8,eca",
            ["se:reduction=4,excitation=tanh", "cbam:kernel_size=3,reduction=8", "eca"],
        ),
        ("sk/softmax:normalizer=mine:beta=2,eca", ["sk/softmax:normalizer=mine:beta=2", "eca"]),
        ("cbam,se:reduction=4", ["cbam", "se:reduction=4"]),
    ],
)
def test_implementations_keep_their_options(text: str, found: list[str]) -> None:
    """What stands behind a comma is an option of the implementation before it, if it has an equals sign."""
    assert implementations(text) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("se,reduction=4", "'reduction=4' is an option; options stand behind a colon: se:reduction=4"),
        (
            "mine:kernels=3,5",
            (
                "kernels=3,5: the value of an option holds no comma; "
                "describe a function that builds the module with the list"
            ),
        ),
        (
            "se,mine:reduction=4,kernels=[a, b]",
            (
                "kernels=[a,b]: the value of an option holds no comma; "
                "describe a function that builds the module with the list"
            ),
        ),
    ],
)
def test_what_is_no_list_of_implementations(text: str, message: str) -> None:
    """The message says what to write."""
    with pytest.raises(ValueError, match="option") as caught:
        implementations(text)
    assert str(caught.value) == message
    with pytest.raises(UsageError) as refused:
        ROWS["impls"].take(text)
    assert str(refused.value) == f"Invalid value for '--impl': {message}"


def test_lists_and_repeated_options_are_the_same() -> None:
    """On the command line and in Python; white space around a comma is nothing."""
    assert parsed(AXES, {"batch_sizes": ("1,8", "32"), "impls": ["se,cbam", "eca"]})["batch_sizes"] == (1, 8, 32)
    assert ROWS["impls"].take(["se,cbam", "eca"]) == ("se", "cbam", "eca")
    assert ROWS["directions"].take("forward, both") == ("forward", "both")
    assert ROWS["hosts"].take("resnet50,none") == ("resnet50", "none")


def test_a_wrong_value_of_a_list_is_named() -> None:
    """Not the whole list."""
    with pytest.raises(UsageError, match=r"^Invalid value for '--batch-size': 'x' is not a valid integer\.$"):
        ROWS["batch_sizes"].take("1,x")


@pytest.mark.parametrize(("name", "text"), [("slots", "block_output@3,4"), ("plugins", "a,b/mine.py")])
def test_commas_of_a_value_stay(name: str, text: str) -> None:
    """Stages of a slot stand between commas, and a path may have them."""
    assert ROWS[name].take(text) == (text,)


def test_the_two_plain_ways() -> None:
    """Between commas, or none."""
    assert at_commas("1, 8,32") == ["1", "8", "32"]
    assert whole("1, 8") == ["1, 8"]
