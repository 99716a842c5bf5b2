"""One case of a check in words: its figure in a phrase, and all that is known of it in lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import BAD, Verdict
from results.text import printable

from .cells import Kind, Quantity
from .check_names import stable_name
from .describe import plural
from .difference_texts import difference_words
from .units import cell_text, format_factor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.checks import Interval, Judged


def ratio_cell(found: Interval) -> Quantity:
    """Return a ratio with its interval: ``1.052 [1.041, 1.063]``."""
    return Quantity(value=found.ratio, kind=Kind.RATIO, low=found.low, high=found.high)


def headline(judged: Judged) -> str:
    """Return the figure that the verdict is about, or the reason; empty if there is neither."""
    telling = [each for each in judged.differences if each.worse is (judged.verdict is Verdict.WORSE)]
    if judged.verdict in {Verdict.WORSE, Verdict.BETTER} and telling:
        more = f" and {len(telling) - 1} more" if len(telling) > 1 else ""
        return difference_words(telling[0]) + more
    if judged.pace is not None:
        return cell_text(ratio_cell(judged.pace.head))
    return printable(judged.reason)


def detail_lines(judged: Judged) -> Iterator[str]:
    """Yield everything that a record says of a case, a fact a line."""
    yield f"{judged.verdict}: {stable_name(judged.case)}"
    if judged.pace is not None:
        pace = judged.pace
        yield f"head / base: {cell_text(ratio_cell(pace.head))}"
        if pace.twin is not None:
            yield f"base's twin / base: {cell_text(ratio_cell(pace.twin))}"
        yield f"{plural(pace.builds, 'pair')} of builds in {processes_words(pace.processes)}"
        yield f"smallest slowdown that could have been found: {format_factor(pace.smallest)}"
    for found in judged.differences:
        yield f"{'worse' if found.worse else 'better'}: {difference_words(found)}"
    yield from _said(judged)


def why_words(judged: Judged) -> str:
    """Return why there is no verdict, how a side failed, or what a second process said; empty if there is no more."""
    words = [*_said(judged)]
    if judged.verdict is Verdict.UNDECIDED and judged.pace is not None:
        pace = judged.pace
        words.append(
            f"{cell_text(ratio_cell(pace.head))} after {plural(pace.builds, 'build')}; a slowdown of "
            f"{format_factor(pace.smallest)} or more could have been found"
        )
    return "; ".join(words)


def _said(judged: Judged) -> Iterator[str]:
    """Yield what the check says of a case beside its figures."""
    if judged.reason:
        yield printable(judged.reason)
    # A limit needs no base, and so no comparison to repeat.
    if judged.confirmed is None and judged.verdict in BAD and not _is_beyond_limits_alone(judged):
        yield "no second process looked at it"
    elif judged.confirmed is False and not judged.reason:
        yield "a second, fresh process did not confirm it"


def _is_beyond_limits_alone(judged: Judged) -> bool:
    worse = [each for each in judged.differences if each.worse]
    return bool(worse) and all(each.limit is not None for each in worse)


def processes_words(count: int) -> str:
    """Return ``one process``, ``4 processes``."""
    return "one process" if count == 1 else f"{count} processes"
