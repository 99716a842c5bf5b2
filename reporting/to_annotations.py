"""A regression check -> the commands by which a job on GitHub shows an error a bad case, above its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .check_names import in_order, stable_name
from .check_words import headline
from .describe import plural

if TYPE_CHECKING:
    from results.checks import Check

#: GitHub shows so many errors of a step, and drops the others without a word.
MOST = 10


def annotation_lines(check: Check) -> str:
    """Return a line a bad case; of more than GitHub shows, the last line has their number. Empty if none is bad."""
    bad = in_order(check.worse)
    shown = bad if len(bad) <= MOST else bad[: MOST - 1]
    lines = [
        _error(f"{each.verdict}: {stable_name(each.case)}", headline(each) or each.verdict.value) for each in shown
    ]
    if len(bad) > len(shown):
        left = plural(len(bad) - len(shown), "more case")
        lines.append(_error(f"{left} worse", "The summary of the job has all of them."))
    return "".join(f"{line}\n" for line in lines)


def _error(title: str, message: str) -> str:
    # What is known is the implementation, not its file: the annotation stands at none.
    return f"::error title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
