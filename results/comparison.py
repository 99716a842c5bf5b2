"""Several runs -> their figures side by side, by case; and how each differs from the first run's.

A case is the same whatever its source and its threads are: both are said, neither hides a figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, hypot, isfinite, log
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from .figures import Figure
from .frame import figures_of
from .outcomes import Failed, Measured, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .cases import Case
    from .outcomes import Outcome, Result
    from .records import Run

#: What one run has of a figure: it, or why there is none; None: the run has no such case, or its case no such figure.
Side = Figure | Failed | Skipped | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a figure differs from the first run's."""

    difference: float
    """In the figure's unit."""
    ratio: float | None
    """To the first run's; None where that is 0."""
    low: float | None = None
    """Both ends of the ratio's 95% interval. None for exact figures, which have none, and for figures that were not
    paired inside their runs: their intervals know nothing of what the machine did between the runs."""
    high: float | None = None
    unpaired: bool = False
    """The ratio holds what differed between the two times of measuring, the machine's drift too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One quantity of one case, in every run."""

    case: Case
    """Of the first run that has it."""
    result: type[Result]
    figure: Figure
    """Of the first run that has it: what the quantity is."""
    sides: tuple[Side, ...]
    """One a run."""
    source_differs: bool
    """The implementation's or the host's source is not the same in all runs."""

    def change(self, run: int) -> Change | None:
        """Return how a run's figure differs from the first run's; None if one of them is no number, or missing."""
        first, other = self.sides[0], self.sides[run]
        if not isinstance(first, Figure) or not isinstance(other, Figure):
            return None
        return change(first, other)

    def differs(self, run: int) -> bool:
        """Return whether an exact figure of a run is another than the first run's; a failure is another."""
        return _content(self.sides[0]) != _content(self.sides[run])


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs side by side."""

    runs: tuple[Run, ...]
    rows: tuple[Row, ...]
    """Of the cases that two runs or more have."""
    without_figures: tuple[Case, ...]
    """Cases that two runs or more have, and that gave a figure in none of them."""
    only: tuple[tuple[Case, ...], ...]
    """One tuple a run: the cases that no other run has."""

    @cached_property
    def kinds(self) -> frozenset[type[Result]]:
        """The kinds of result that are compared."""
        return frozenset(row.result for row in self.rows)


def same_case(case: Case) -> Case:
    """Return what makes two runs' cases the same one: all but the source and the number of threads."""
    return replace(case, source="", threads=None)


def compare(runs: Sequence[Run]) -> Comparison:
    """Put the figures of runs side by side, in the order in which the first run that has a case planned it."""
    known = [_by_case(run) for run in runs]
    everywhere = dict.fromkeys(same for outcomes in known for same in outcomes)
    shared = [same for same in everywhere if sum(same in outcomes for outcomes in known) > 1]
    rows: list[Row] = []
    without: list[Case] = []
    for same in shared:
        outcomes = [found.get(same) for found in known]
        of_case = list(_rows(runs, outcomes))
        rows += of_case
        without += [] if of_case else [next(each.case for each in outcomes if each is not None)]
    lone = frozenset(everywhere) - frozenset(shared)
    return Comparison(
        runs=tuple(runs),
        rows=tuple(rows),
        without_figures=tuple(without),
        only=tuple(tuple(found[same].case for same in found if same in lone) for found in known),
    )


def change(first: Figure, other: Figure) -> Change | None:
    """Return how a figure differs from another of the same quantity; None if one of them is no finite number."""
    base, value = first.value, other.value
    if isinstance(base, str) or isinstance(value, str) or not (isfinite(base) and isfinite(value)):
        return None
    quotient = value / base if base else None
    low, high = _interval(first, other) if first.paired and other.paired else (None, None)
    unpaired = not (first.exact or first.paired)
    return Change(difference=value - base, ratio=quotient, low=low, high=high, unpaired=unpaired)


def _by_case(run: Run) -> Mapping[Case, Outcome]:
    return {same_case(outcome.case): outcome for outcome in run.index.in_plan_order}


def _rows(runs: Sequence[Run], outcomes: Sequence[Outcome | None]) -> Iterator[Row]:
    """Yield one row a quantity of one case."""
    figures = [
        {} if outcome is None else {each.quantity: each for each in figures_of(run.index, outcome)}
        for run, outcome in zip(runs, outcomes, strict=True)
    ]
    reached = [outcome for outcome in outcomes if outcome is not None]
    measured = next((type(outcome.result) for outcome in reached if isinstance(outcome, Measured)), None)
    if measured is None:
        return
    for quantity in dict.fromkeys(name for found in figures for name in found):
        yield Row(
            case=reached[0].case,
            result=measured,
            figure=next(found[quantity] for found in figures if quantity in found),
            sides=tuple(
                outcome if isinstance(outcome, Failed | Skipped) else found.get(quantity)
                for outcome, found in zip(outcomes, figures, strict=True)
            ),
            source_differs=len({outcome.case.source for outcome in reached}) > 1,
        )


def _content(side: Side) -> tuple[object, ...]:
    match side:
        case Figure(value=value, words=words):
            return (value, words)
        case _:
            return (type(side),)


def _interval(first: Figure, other: Figure) -> tuple[float, float] | tuple[None, None]:
    """Return the 95% interval of the ratio of two independent ratios, from theirs, on a scale of logarithms.

    Each end is as far from the ratio as the two intervals' ends that point there, added as independent errors are
    (Zou and Donner 2008, "Construction of confidence limits about effect measures").
    """
    base, value = _logarithms(first), _logarithms(other)
    if base is None or value is None:
        return None, None
    centre = value.middle - base.middle
    down = hypot(value.middle - value.low, base.high - base.middle)
    up = hypot(value.high - value.middle, base.middle - base.low)
    return exp(centre - down), exp(centre + up)


class _Logarithms(NamedTuple):
    middle: float
    low: float
    high: float


def _logarithms(figure: Figure) -> _Logarithms | None:
    """Return a positive figure and the ends of its interval on a scale of logarithms; None if it has none."""
    value, low, high = figure.value, figure.low, figure.high
    if isinstance(value, str) or low is None or high is None or low <= 0:
        return None
    return _Logarithms(log(value), log(low), log(high))
