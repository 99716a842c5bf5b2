"""What a run found, in sentences that follow from its data: the first thing that a document says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from results.learning import spread
from results.records import Failed, Skipped, Subject, Training
from results.text import message
from results.variants import by_network

from . import describe
from .compared import compared
from .failures import cause
from .naming import few_names
from .numerics_tables import choosing_tables
from .to_markdown import escape
from .units import cell_text, format_percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.learning import Spread
    from results.records import Run

    from .compared import Compared, Cost

#: Blocks, tables and causes that have a sentence each; the tables have all.
MOST_SENTENCES = 4
#: Characters of a cause.
CAUSE_WIDTH = 120
#: Two networks are the fewest of which one can be better.
FEWEST = 2


def in_words(run: Run) -> tuple[str, ...]:
    """Return sentences in plain text, each of at most 400 characters.

    No time is compared if the machine was unfit to tell: what failed and what was not reached is said all the same.
    """
    return (*_times(run), *_functions(run), *_trainings(run), *_lost(run), *_unreached(run))


def _times(run: Run) -> Iterator[str]:
    found = sorted(compared(run), key=lambda each: -each.baseline_s)
    for each in found[:MOST_SENTENCES]:
        yield f"{_capital(each.where)}: {_fastest_and_slowest(each, _floor(run, each))}"
    more = len(found) - MOST_SENTENCES
    if more > 0:
        yield f"The tables have {describe.plural(more, 'more comparison')}, of smaller networks and batches."


def _floor(run: Run, each: Compared) -> float | None:
    floor = run.index.noise_floor(each.block.shared)
    return None if floor is None else floor.relative


def _fastest_and_slowest(each: Compared, floor: float | None) -> str:
    ordered = sorted(each.costs, key=lambda cost: cost.ratio.value)
    fastest, slowest = ordered[0], ordered[-1]
    noise = "" if floor is None else f"; noise floor ± {format_percent(floor)}"
    times = f"times {each.baseline}"
    if len(ordered) == 1:
        said = "" if _is_apart(fastest.ratio.low, fastest.ratio.high, floor) else ", not told apart from it"
        return f"{fastest.name} takes {_ratio(fastest)} {times}{said}{noise}."
    noun = "functions" if each.block.shared.subject is Subject.OP else "attentions"
    alike = [cost for cost in ordered if not _is_told(fastest, cost, floor)]
    if len(alike) == len(ordered):
        names = few_names(cost.name for cost in ordered)
        ends = f"{_ratio(fastest)} to {_ratio(slowest)} {times}"
        return f"the {len(ordered)} {noun} are not told apart: {names}, {ends}{noise}."
    equal = f" (not told apart from {few_names(cost.name for cost in alike[1:])})" if len(alike) > 1 else ""
    slow = [cost for cost in ordered if not _is_told(cost, slowest, floor)]
    beside = f" (not told apart from {few_names(cost.name for cost in slow[:-1])})" if len(slow) > 1 else ""
    return (
        f"of {len(ordered)} {noun} {fastest.name} is the fastest, {_ratio(fastest)} {times}{equal}; "
        f"{slowest.name} the slowest, {_ratio(slowest)}{beside}{noise}."
    )


def _is_told(fast: Cost, slow: Cost, floor: float | None) -> bool:
    """Return whether one is faster than the other beyond both intervals and the noise floor."""
    high, low = fast.ratio.high, slow.ratio.low
    if fast is slow or high is None or low is None or low <= high:
        return False
    return slow.ratio.value / fast.ratio.value - 1 > (floor or 0.0)


def _is_apart(low: float | None, high: float | None, floor: float | None) -> bool:
    """Return whether a ratio is apart from 1 by more than the noise floor."""
    margin = floor or 0.0
    return low is not None and high is not None and (low > 1 + margin or high < 1 - margin)


def _ratio(cost: Cost) -> str:
    return cell_text(replace(cost.ratio, marks=()))


def _functions(run: Run) -> Iterator[str]:
    """Yield which functions are safe, and what the others do, for each dtype and device."""
    for table in choosing_tables(run)[:MOST_SENTENCES]:
        verdicts: dict[str, list[str]] = {}
        for row in table.rows:
            verdicts.setdefault(str(row[-1]), []).append(str(row[0]))
        words = (f"{verdict} ({few_names(names)})" for verdict, names in verdicts.items())
        yield message(f"{_capital(table.title)}: {'; '.join(words)}.", 400)


def _trainings(run: Run) -> Iterator[str]:
    for block in run.index.blocks_with(Training)[:MOST_SENTENCES]:
        networks = by_network(block)
        names = describe.labels(list(networks))
        found = {
            names[network]: spread([each.last_accuracy for each in trained])
            for network, cases in networks.items()
            if (trained := list(run.index.results(cases, Training).values()))
        }
        if len(found) >= FEWEST:
            yield f"{describe.title(block.shared)}: {_best(found)}"


def _best(found: dict[str, Spread]) -> str:
    ordered = sorted(found.items(), key=lambda each: -each[1].mean)
    (name, best), others = ordered[0], ordered[1:]
    alike = [other for other, each in others if each.high is None or best.low is None or each.high >= best.low]
    equal = f", not told apart from {few_names(alike)}" if alike else ""
    ends = "" if best.low is None or best.high is None else f" [{100 * best.low:.1f}, {100 * best.high:.1f}]"
    return f"{name} learns most of {len(found)}, {100 * best.mean:.1f}%{ends} of the test images right{equal}."


def _lost(run: Run) -> Iterator[str]:
    kinds: tuple[tuple[type[Failed | Skipped], str], ...] = ((Failed, "failed"), (Skipped, "skipped"))
    for kind, word in kinds:
        causes = Counter(cause(outcome) for outcome in run.outcomes if isinstance(outcome, kind))
        if causes:
            said = [f"{message(each, CAUSE_WIDTH)} ({count})" for each, count in causes.most_common(2)]
            more = [f"{len(causes) - 2} other causes"] if len(causes) > 2 else []  # noqa: PLR2004 - as many are said
            cases = describe.plural(len(run.plan.cases), "case")
            yield f"{causes.total()} of {cases} {word}: {'; '.join((*said, *more))}"


def _unreached(run: Run) -> Iterator[str]:
    left = Counter(case.suite for case in run.plan.cases if case not in run.index.outcomes)
    if left:
        suites = ", ".join(f"{suite} {count}" for suite, count in left.items())
        yield f"{left.total()} of {describe.plural(len(run.plan.cases), 'case')} not reached: {suites}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def listed(sentences: Sequence[str]) -> str:
    """Return sentences as a Markdown list."""
    return "\n".join(f"- {escape(each)}" for each in sentences)
