"""Text that somebody else wrote -> text that a terminal, a document and a record can hold."""

from __future__ import annotations

import json
import re
from textwrap import wrap

#: Stands for a character that a terminal would obey, that turns the direction of a line, or that XML has no place for.
UNPRINTABLE = "\ufffd"
#: What a record keeps of a message, and what an error on the terminal shows.
MESSAGE_WIDTH = 1_000
#: What a record keeps of a text of several lines: its beginning and its end.
EXCERPT = 20_000


def printable(text: str) -> str:
    """Return the text on one line, without characters that control a terminal or break a document.

    These are C0 and C1 controls, marks of direction, halves of surrogate pairs, and what Unicode has not assigned.
    """
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(each if each.isprintable() else UNPRINTABLE for each in line)


def cut(text: str, width: int) -> str:
    """Return the text, or its beginning and an ellipsis where it has more characters than that."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def message(text: str, width: int = MESSAGE_WIDTH) -> str:
    """Return the text as one printable line of at most this width, however long it is."""
    # Not all of it is looked at: it may have megabytes.
    beginning = text[: 4 * width]
    return cut(printable(beginning) + ("…" if len(beginning) < len(text) else ""), width)


def wrapped(text: str, width: int | None) -> str:
    """Return a text in lines of at most so many characters, unless one word is longer; None: as it is."""
    if width is None:
        return text
    lines = (wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""] for line in text.splitlines())
    return "\n".join(part for line in lines for part in line)


def first_paragraph(text: str) -> str:
    """Return the lines up to the first blank one: the first line of an error may only say that something follows."""
    return re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0]


def excerpt(text: str, most: int = EXCERPT) -> str:
    """Return a text of several lines as UTF-8 can hold it; of a long one its beginning and its end."""
    whole = text if len(text) <= most else f"{text[: most // 2]}\n[...]\n{text[-most // 2 :]}"
    return whole.encode("utf-8", "backslashreplace").decode()


def json_text(facts: object, *, indent: int = 1) -> str:
    """Return facts as JSON, readable as far as a terminal can print it; other characters as JSON's escapes."""
    text = json.dumps(facts, indent=indent, ensure_ascii=False)
    return "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text) + "\n"
