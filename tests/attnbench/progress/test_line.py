"""Promises of the line that says how far a run is."""

from __future__ import annotations

import io

import pytest

from attnbench.progress.bar import styled
from attnbench.progress.forecast import Expected
from attnbench.progress.line import about_words, left_words, plain_line, progress_line

NAME = "cbam, forward, batch 8, resnet50_cifar, float32, cpu, and so on and so forth " * 3


@pytest.mark.parametrize(
    ("width", "bar", "beginning"),
    [
        (80, 22, "   9/16 ━━━━━━━━━━━━╸───────── ~0:48 left     cbam, forward, batch 8"),
        (100, 30, "   9/16 ━━━━━━━━━━━━━━━━━───────────── ~0:48 left     cbam, forward, batch 8"),
        (160, 40, "   9/16 ━━━━━━━━━━━━━━━━━━━━━━╸───────────────── ~0:48 left     cbam, forward, batch 8"),
    ],
)
def test_count_bar_and_time_are_seen_at_every_width(width: int, bar: int, beginning: str) -> None:
    """The name alone is cut, so that the line fills the terminal and no more."""
    line = progress_line(width, done=9, total=16, share=0.5625, left=Expected(48.2), name=NAME)
    assert line.text.startswith(beginning)
    assert line.text.endswith("…")
    assert len(line.text) == width
    assert len(line.bar) == bar


def test_the_parts_stand_where_they_always_stand() -> None:
    """Whatever the count, the time left and the name are."""
    lines = [
        progress_line(80, done=0, total=100, share=0.0, left=Expected(7.0, at_least=True), name="se"),
        progress_line(80, done=100, total=100, share=1.0, left=Expected(12 * 3600.0), name=NAME),
    ]
    assert [line.text.index("left") for line in lines] == [39, 43]
    assert {line.text.index(line.bar) for line in lines} == {10}
    assert {line.text.index(line.name) for line in lines} == {48}


def test_a_narrow_terminal_has_no_room_for_a_name() -> None:
    """Nothing is pushed out of it."""
    assert progress_line(39, done=1, total=2, share=0.5, left=None, name=NAME).text == "  1/2 ━━━━━─────"


@pytest.mark.parametrize("width", [80, 100, 160])
def test_rich_draws_it_as_one_line(width: int) -> None:
    """A line that wraps could not be cleared."""
    from rich.console import Console

    drawn = Console(file=io.StringIO(), width=width, force_terminal=True, no_color=True)
    with drawn.capture() as captured:
        drawn.print(styled(progress_line(width - 1, done=9, total=16, share=0.5, left=Expected(48.2), name=NAME)))
    assert captured.get().count("\n") == 1


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (Expected(48.2), "~0:48 left"),
        (Expected(605.0, at_least=True), "≥10:05 left"),
        (Expected(3725.0), "~1:02:05 left"),
        (None, ""),
    ],
)
def test_time_left(left: Expected | None, words: str) -> None:
    """As on a clock; what is not known is at least so much."""
    assert left_words(left) == words


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (Expected(1.0), "about 5 s"),
        (Expected(38.0), "about 40 s"),
        (Expected(150.0, at_least=True), "at least 2 min"),
        (Expected(3600.0), "about 1 h"),
        (Expected(4500.0), "about 1 h 15 min"),
    ],
)
def test_about_how_long(expected: Expected, words: str) -> None:
    """No more digits than are known."""
    assert about_words(expected) == words


def test_a_line_of_a_log() -> None:
    """Without a bar, and without what a terminal would obey."""
    assert plain_line(9, 16, Expected(48.2), "cbam\x1b[2J, forward") == "9/16, ~0:48 left: cbam�[2J, forward"
    assert plain_line(0, 2, None, "") == "0/2"
