from __future__ import annotations

import os
import sys

import pytest

from bench.apart import ApartError, apart
from bench.noise import Place


def told(number: int, *, place: Place) -> tuple[int, int, Place]:
    """Say something that is no result, and return what came in and which process this is."""
    print("a library's greeting")  # noqa: T201
    return os.getpid(), number, place


def fails() -> None:
    """Write a line and end."""
    sys.stderr.write("first\nand last\n")
    sys.exit(3)


def test_another_process_gives_the_answer() -> None:
    """What goes in and comes back are values of our own types; what is printed meanwhile is none of it."""
    process, number, place = apart(told, 7, place=Place("cuda:0"))
    assert process != os.getpid()
    assert (number, place) == (7, Place("cuda:0"))


def test_the_last_words_of_a_failure_are_told() -> None:
    """One line that names what failed, its status and what it said last."""
    with pytest.raises(ApartError, match=r"^a process for tests\.bench\.test_apart failed \(status 3\): and last$"):
        apart(fails)


def test_an_exception_is_a_failure() -> None:
    """The traceback's last line is the exception."""
    with pytest.raises(ApartError, match=r"failed \(status 1\): ZeroDivisionError"):
        apart(divmod, 1, 0)
