"""What an exception says -> one line."""

from __future__ import annotations

import re

#: What a finding or a refusal shows of a message.
WIDTH = 300
#: A blank line, or what begins the page of advice that torch.compile appends.
END = re.compile(r"\n\s*\n|\n\s*Explanation:")


def one_line(error: BaseException, width: int = WIDTH) -> str:
    """Return the first paragraph of an exception's message, all of its lines on one, cut at a width.

    The first line alone may only say that something follows, as in ``Error(s) in loading state_dict:``.
    """
    paragraph = " ".join(END.split(words_of(error).strip(), maxsplit=1)[0].split()) or "no message"
    return paragraph if len(paragraph) <= width else f"{paragraph[: width - 1]}…"


def words_of(error: BaseException) -> str:
    """Return the message of an exception; where it cannot be had, why."""
    try:
        # A plain string, whatever class of string it may be.
        return str.__str__(str(error))
    except BaseException as another:  # noqa: BLE001 - the cause of a failure must not be lost for want of its words
        return f"its message cannot be had: {type(another).__name__}"
