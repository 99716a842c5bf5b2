"""Promises of the command line, for a few of the mistakes that ``fuzz_command_line.py`` makes."""

from __future__ import annotations

from fuzz_command_line import fuzz


def test_no_mistake_is_more_than_a_line() -> None:
    """Each ends with status 2 and one line on stderr; no file changes, and nothing is measured."""
    counts, broken = fuzz(30, seed=1)
    assert broken == []
    assert counts == {"mistakes": 30, "refused": 30, "broken": 0}
