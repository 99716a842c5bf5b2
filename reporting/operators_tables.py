"""Functions on logits -> tables over all shapes: how each did against PyTorch's softmax."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from results.bandwidth import OPERATORS, copy_of, speed
from results.compare import OP_BASELINE, comparison_group, is_copy
from results.contest import Contestant, contest, contestant_of
from results.records import Measured

from . import describe
from .table import EMPTY, Table, number, text
from .units import format_factor

if TYPE_CHECKING:
    from results.records import Case, Environment, Outcome, Run
    from results.stats import Ratio

SOFTMAX = Contestant(implementation=OP_BASELINE)
SPEED_WORDS = (
    "**GB/s**: the least that a function on logits must move, in 1e9 bytes, over the median time. Forward: read the "
    "logits, write the result; with backward also read the result and its gradient, write the logits' gradient. "
    "**÷ copy**: that over what a copy into existing memory reaches, paired; its 95% interval in brackets. It can be "
    "above 1: what is still in a cache is not moved again."
)
CONTEST_WORDS = (
    "**÷ softmax**, over several shapes: the geometric mean of the paired ratios, with the interval that follows from "
    "theirs; least and most of them; and on how many of the planned shapes the whole interval is below 1 (faster) or "
    "above (slower). Shapes on which one of both failed, or both have fewer than six rounds in common, are in none of "
    "these. The interval takes the errors of different shapes to be independent, and allows for medians of few rounds "
    "that are all off in one direction because one function is disturbed more often than the other. It speaks of these "
    "shapes on this machine, of no others."
)
NO_MEAN = f"No mean ({EMPTY}): on no shape were both sampled in six rounds together. Measure both in a new run."
WORDS = (SPEED_WORDS, CONTEST_WORDS)


def operators_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a direction, dtype and device; its rows are functions, its figures over all shapes."""
    return tuple(_table(run.environment, place) for place in places(run))


class Place(NamedTuple):
    """What was planned in one direction, dtype and device, and what came of it."""

    cases: tuple[Case, ...]
    outcomes: tuple[Outcome, ...]


def places(run: Run) -> tuple[Place, ...]:
    """Return the timed functions on logits, those together that differ in function and shape alone, as planned."""
    by_case = {outcome.case: outcome for outcome in run.outcomes}
    found: dict[Case, list[Case]] = {}
    for case in run.plan.cases:
        if case.suite == OPERATORS:
            found.setdefault(replace(comparison_group(case), shape=(), dim=None), []).append(case)
    together = (
        Place(tuple(cases), tuple(by_case[case] for case in cases if case in by_case)) for cases in found.values()
    )
    return tuple(place for place in together if any(map(_timed, place.outcomes)))


def _timed(outcome: Outcome) -> bool:
    return isinstance(outcome, Measured) and outcome.samples is not None


def _table(environment: Environment, place: Place) -> Table:
    shared = place.cases[0]
    shapes = tuple(dict.fromkeys((case.shape, case.dim) for case in place.cases))
    largest = max(shapes, key=lambda each: prod(each[0]))
    functions = {contestant_of(case): describe.name(case) for case in place.cases if not is_copy(case)}
    speeds = _speeds(place, *largest)
    rows = tuple(
        (name, *_contest_cells(place, function), *speeds.get(function, (EMPTY, EMPTY)))
        for function, name in functions.items()
    )
    words = ("all shapes", shared.direction, shared.dtype, shared.device, *describe.execution_words(shared))
    return Table(
        title=f"{describe.NOUNS[shared.subject]}, {', '.join(words)}",
        caption=(
            f"Time over that of PyTorch's softmax, paired, on {describe.machine(environment, shared)}. "
            f"Shapes: {', '.join(describe.logits_words(*shape) for shape in shapes)}."
        ),
        columns=(
            text("function"),
            number("÷ softmax, geometric mean"),
            number("least"),
            number("most"),
            number("faster"),
            number("slower"),
            number(f"GB/s at {describe.logits_words(*largest)}"),
            number("÷ copy there"),
        ),
        rows=rows,
        notes=(
            *([NO_MEAN] if any(row[1] == EMPTY for row in rows) else []),
            *describe.cell_notes(rows),
        ),
    )


def _speeds(place: Place, shape: tuple[int, ...], dim: int | None) -> dict[Contestant, tuple[str, str]]:
    """Return the cells of bytes a second, and of their share of the copy's, on one shape."""
    there = [
        outcome
        for outcome in place.outcomes
        if isinstance(outcome, Measured) and _timed(outcome) and (outcome.case.shape, outcome.case.dim) == (shape, dim)
    ]
    copy = copy_of(there)
    found = {}
    for outcome in there:
        fast = speed(outcome, copy)
        found[contestant_of(outcome.case)] = (
            describe.speed_words(fast),
            EMPTY if copy is None else describe.paired_words(fast.share_of_copy),
        )
    return found


def _contest_cells(place: Place, function: Contestant) -> tuple[str, ...]:
    if function == SOFTMAX:
        return ("1", "", "", "", "")
    found = contest(place.cases, place.outcomes, function, SOFTMAX)
    mean = None if found is None else found.mean
    if found is None or mean is None:
        return (EMPTY, "", "", "", "")
    ratios = found.ratios.values()
    return (
        describe.ratio_words(mean, near_overhead=found.near_overhead),
        *(_extreme_words(extreme) for extreme in (min(ratios, key=_value), max(ratios, key=_value))),
        f"{found.faster} of {found.planned}",
        f"{found.slower} of {found.planned}",
    )


def _value(found: Ratio) -> float:
    return found.value


def _extreme_words(found: Ratio) -> str:
    return describe.marked(format_factor(found.value), near_overhead=found.near_overhead)
