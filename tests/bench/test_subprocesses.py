from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from bench.noise import Place
from bench.subprocesses import Ended, SubprocessError, collect, subprocess_call

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.usefixtures("importable_elsewhere")


def told(number: int, *, place: Place) -> tuple[int, int, Place]:
    """Say something that is no result, and return what came in and which process this is."""
    print("a library's greeting")  # noqa: T201
    return os.getpid(), number, place


def fails() -> None:
    """Write a line and end."""
    sys.stderr.write("first\nand last\n")
    sys.exit(3)


def dies_at(last: int) -> Iterator[tuple[int, str]]:
    """Count, with what a variable of the environment says, and be killed."""
    for number in range(last + 1):
        if number == last:
            sys.stderr.write("first\nand last\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        yield number, os.environ["PLANTED"]


def test_what_was_yielded_before_a_death_is_kept() -> None:
    """With the signal and the last line; the environment is this one's, and what was added."""
    ended = collect(dies_at, 2, variables={"PLANTED": "here"}, time_limit_s=600)
    assert ended == Ended(items=((0, "here"), (1, "here")), status=-signal.SIGKILL, last_line="and last")


def test_another_process_gives_the_answer() -> None:
    """What goes in and comes back are values of our own types; what is printed meanwhile is none of it."""
    process, number, place = subprocess_call(told, 7, place=Place("cuda:0"))
    assert process != os.getpid()
    assert (number, place) == (7, Place("cuda:0"))


def test_the_last_words_of_a_failure_are_told() -> None:
    """One line that names what failed, its status and what it said last."""
    with pytest.raises(
        SubprocessError, match=r"^a process for tests\.bench\.test_subprocesses failed \(status 3\): and last$"
    ):
        subprocess_call(fails)


def test_an_exception_is_a_failure() -> None:
    """The traceback's last line is the exception."""
    with pytest.raises(SubprocessError, match=r"failed \(status 1\): ZeroDivisionError"):
        subprocess_call(divmod, 1, 0)
