"""The words of an exception."""

from __future__ import annotations

from attn_impls.one_line import one_line


class _UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError


class _NumberError(Exception):
    def __str__(self) -> str:
        return 3  # type: ignore[return-value]  # noqa: PLE0307 - that is what is wrong with it


def test_a_message_that_cannot_be_had_is_said_to_be_so() -> None:
    """Whatever ``str`` raises is no reason to lose the exception itself."""
    assert one_line(_UnprintableError()) == "its message cannot be had: ValueError"
    assert one_line(_NumberError()) == "its message cannot be had: TypeError"


def test_all_lines_of_the_first_paragraph_are_one() -> None:
    """What follows an empty line is advice."""
    assert one_line(ValueError("Error(s) in loading:\n  a key\n\nadvice")) == "Error(s) in loading: a key"
