"""Exact quantities of a check that differ, or that are beyond a limit. Equal ones are counted, not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.text import printable

from .check_names import in_order, names
from .describe import plural
from .difference_texts import limit_text, side_texts
from .document import Section
from .table import Table, text

if TYPE_CHECKING:
    from results.checks import Check

EXACT_WORDS = "These have no noise: any change is one."
#: Of the quantity that has some.
INSTRUCTIONS, INSTRUCTIONS_WORDS = "instructions", "Instructions have a little: small changes of theirs are left out."


def differences_section(check: Check) -> Section | None:
    """Return what differs, worse first; None if nothing does."""
    judged = [each for each in in_order(check.judged) if each.differences]
    if not judged:
        return None
    called = names(each.case for each in judged)
    found = [(called.short[each.case], difference) for each in judged for difference in each.differences]
    found.sort(key=lambda each: not each[1].worse)
    rows = [
        (
            "worse" if difference.worse else "better",
            name,
            printable(difference.quantity),
            *side_texts(difference),
            limit_text(difference),
        )
        for name, difference in found
    ]
    columns = [text(title) for title in ("", "case", "quantity", "base", "head", "limit")]
    # A column in which nothing stands takes room from those that say something.
    kept = [
        index
        for index in range(len(columns))
        if not (index == 3 and check.base is None)  # noqa: PLR2004 - base's column
        and not (index == 5 and all(difference.limit is None for _, difference in found))  # noqa: PLR2004 - limit's
    ]
    table = Table(
        title=f"{plural(len(rows), 'difference')} in {plural(len(judged), 'case')}",
        caption=f"All cases: {called.shared}." if called.shared else "",
        columns=tuple(columns[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in rows),
    )
    counted = any(difference.quantity == INSTRUCTIONS for _, difference in found)
    words = f"{EXACT_WORDS} {INSTRUCTIONS_WORDS}" if counted else EXACT_WORDS
    return Section(title="Exact quantities", paragraphs=(words,), tables=(table,))
