"""Cases of a check that need a reason: undecided, incomparable, failed, new, gone, not confirmed. Each stands once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import UNSURE, Verdict

from .check_names import ORDER, TIMED_SUITE, exact, names, timed
from .check_words import why_words
from .document import Section
from .to_markdown import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.checks import Check, Judged

#: Of these a reader wants to know even where there is nothing to say.
ALWAYS = UNSURE | {Verdict.FAILED, Verdict.NEW, Verdict.GONE}


def reasons_section(check: Check) -> Section | None:
    """Return a list of reasons with the cases that have them; None if no case needs one."""
    groups: dict[tuple[Verdict, str], list[str]] = {}
    for tier in (timed(check), exact(check)):
        called = names(each.case for each in tier).short
        for each in filter(_needs_one, tier):
            suite = "" if each.case.suite == TIMED_SUITE else f" ({each.case.suite})"
            groups.setdefault((each.verdict, why_words(each)), []).append(f"{called[each.case]}{suite}")
    if not groups:
        return None
    return Section(title="Reasons", paragraphs=("\n".join(_items(groups)),))


def _needs_one(judged: Judged) -> bool:
    return judged.verdict in ALWAYS or bool(why_words(judged))


def _items(groups: dict[tuple[Verdict, str], list[str]]) -> Iterator[str]:
    for (verdict, why), cases in sorted(groups.items(), key=lambda each: ORDER.index(each[0][0])):
        yield f"- **{verdict}**: {escape('; '.join(cases))}." + (f" {escape(_sentence(why))}" if why else "")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
