"""The sentence that a run ends with: what each attention costs where it takes longest; the rest is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import describe
from .compared import compared
from .units import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Run

    from .compared import Compared, Cost

#: Three lines of a terminal of 100 columns.
MOST_CHARACTERS = 290


def closing_words(run: Run) -> str:
    """Return what the cases cost against their baselines; empty where nothing may be said of times, or was measured.

    Said are the directions of the largest network and batch, the one whose baseline takes longest, as far as they fit
    into three lines; the others are counted.
    """
    found = compared(run)
    if not found:
        return ""
    largest = max(found, key=lambda each: each.baseline_s)
    others = [each for each in found if each is not largest and each.place == largest.place]
    said = [largest]
    for each in others:
        if _length((*said, each), len(found)) <= MOST_CHARACTERS:
            said.append(each)
    return _sentence([each for each in found if each in said], len(found))


def _length(said: Iterable[Compared], count: int) -> int:
    return len(_sentence(tuple(said), count, whole=True))


def _sentence(said: Iterable[Compared], count: int, *, whole: bool = False) -> str:
    """Return the sentence.

    Args:
        said: what it is of.
        count: of all comparisons.
        whole: whether it names every case, however long it becomes.

    """
    shown = tuple(said)
    most = max(len(each.costs) for each in shown)
    for named in range(most, 0, -1):
        clauses = [_clause(each, named) for each in shown]
        more = count - len(shown)
        rest = [f"{describe.plural(more, 'more comparison')} in the report"] if more else []
        sentence = "; ".join((*clauses, *rest)) + "."
        if whole or named == 1 or len(sentence) <= MOST_CHARACTERS:
            return sentence
    return ""


def _clause(each: Compared, named: int) -> str:
    (first, *others) = each.costs[:named]
    left_out = len(each.costs) - named
    more = [f"{left_out} more"] if left_out > 0 else []
    said = (f"{cost.name} {_ratio(cost)}" for cost in others)
    return ", ".join((f"{first.name} costs {_ratio(first)} times {each.baseline} {each.where}", *said, *more))


def _ratio(cost: Cost) -> str:
    return cell_text(replace(cost.ratio, marks=()))
