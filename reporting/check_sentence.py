"""A check in one sentence a tier: how many cases are worse, which, and what became of the others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from results.checks import BAD, Verdict

from .check_names import ORDER, exact, in_order, names, timed
from .check_words import headline
from .describe import plural
from .units import format_chosen_share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from results.cases import Case
    from results.checks import Check, Judged

#: So many cases are named; of the others there is a number.
NAMED = 3
#: Verdicts of cases of which there is one side only, or two that have nothing in common.
NOT_COMPARED = frozenset({Verdict.INCOMPARABLE, Verdict.NEW, Verdict.GONE})


def closing_sentence(check: Check) -> str:
    """Return what came of the check: ``1 of 24 timed cases is slower: se, forward, 1.052 [1.041, 1.063]; ...``."""
    if check.base is None:
        return _held_against_limits(check)
    if not check.judged and check.unchanged:
        return f"Nothing has changed: {plural(check.unchanged, 'case')} with the same source in both versions."
    if all(each.verdict in NOT_COMPARED for each in check.judged):
        counts = _counts(in_order(check.judged), {})
        return f"Nothing was compared: {counts or 'there were no cases'}."
    same = {Verdict.SAME: f"the same within {format_chosen_share(check.threshold)}"}
    tiers = (
        _tier(timed(check), "timed", Verdict.SLOWER, same),
        _tier(exact(check), "exact", Verdict.WORSE, {Verdict.SAME: "equal"}),
    )
    return " ".join(filter(None, tiers))


def _tier(judged: Sequence[Judged], noun: str, lead: Verdict, words: Mapping[Verdict, str]) -> str:
    if not judged:
        return ""
    lead_cases = [each for each in judged if each.verdict is lead]
    start = f"{len(lead_cases)} of {plural(len(judged), f'{noun} case')} {_be(lead_cases)} {lead}"
    return _sentence(start, judged, lead, words)


def _held_against_limits(check: Check) -> str:
    judged = in_order(check.judged)
    if not judged:
        return "Nothing was held against a limit: there were no cases."
    beyond = [each for each in judged if each.verdict is Verdict.WORSE]
    start = f"{len(beyond)} of {plural(len(judged), 'case')} {_be(beyond)} beyond a limit"
    return _sentence(start, judged, Verdict.WORSE, {Verdict.SAME: "within the limits"})


def _sentence(start: str, judged: Sequence[Judged], lead: Verdict, words: Mapping[Verdict, str]) -> str:
    short = names(each.case for each in judged).short
    leading = [each for each in judged if each.verdict is lead]
    rest = [each for each in judged if each.verdict is not lead]
    parts = [f"{start}: {_named(leading, short)}" if leading else start]
    for verdict in (each for each in ORDER if each in BAD):
        bad = [each for each in rest if each.verdict is verdict]
        if bad:
            parts.append(f"{len(bad)} {verdict}: {_named(bad, short)}")
    others = [each for each in rest if each.verdict not in BAD]
    # That all exact cases are equal, the count of the worse ones says.
    if {each.verdict for each in judged} != {Verdict.SAME} or lead is Verdict.SLOWER:
        parts.append(_counts(others, words))
    return "; ".join(filter(None, parts)) + "."


def _named(judged: Sequence[Judged], short: Mapping[Case, str]) -> str:
    shown = [", ".join(filter(None, (short[each.case], headline(each)))) for each in judged[:NAMED]]
    more = [f"and {len(judged) - NAMED} more"] if len(judged) > NAMED else []
    return "; ".join((*shown, *more))


def _counts(judged: Sequence[Judged], words: Mapping[Verdict, str]) -> str:
    counts = Counter(each.verdict for each in judged)
    return ", ".join(f"{count} {words.get(verdict, verdict)}" for verdict, count in counts.items())


def _be(judged: Sequence[Judged]) -> str:
    return "is" if len(judged) == 1 else "are"
