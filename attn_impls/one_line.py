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
    paragraph = " ".join(END.split(str(error).strip(), maxsplit=1)[0].split()) or "no message"
    return paragraph if len(paragraph) <= width else f"{paragraph[: width - 1]}…"
