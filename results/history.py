"""Runs in the order of time -> one series a quantity of a case, and where it changes.

Exact figures change wherever they differ. Of measured ones E-divisive finds the changes of the mean (``e_divisive``),
on one machine at a time: what two machines take is not one series.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from .comparison import same_case
from .figures import Figure
from .frame import figures_of
from .outcomes import Failed, Measured

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from .cases import Case
    from .outcomes import Outcome, Result
    from .records import Environment, Run

#: A series of its own: whether a case was measured at all.
OUTCOME = "outcome"
MEASURED, FAILED, SKIPPED = "measured", "failed", "skipped"
#: How often, at most, a measured series without a change is said to have one.
P_VALUE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change of a series."""

    before: int
    """The last run before it, by its place among all runs."""
    run: int
    """The first run after it."""
    old: float | str
    """Exact: the value. Measured: the mean of the values since the change before this one."""
    new: float | str
    """Likewise, until the change after this one."""
    p_value: float | None
    """How often chance makes such a change; None of an exact figure."""

    @property
    def ratio(self) -> float | None:
        """New over old; None where that is no number."""
        return None if isinstance(self.old, str) or isinstance(self.new, str) or not self.old else self.new / self.old


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One quantity of one case, over the runs."""

    case: Case
    """Of the newest run that has it."""
    result: type[Result] | None
    """The kind that it comes from; None of what came of the case."""
    figure: Figure
    """Of the newest run that has it."""
    points: tuple[Figure | None, ...]
    """One a run."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Runs in the order of time."""

    runs: tuple[Run, ...]
    series: tuple[Series, ...]
    p_value: float


def history(runs: Iterable[Run], p_value: float = P_VALUE) -> History:
    """Put the figures of runs in the order of time, and find where they change.

    Args:
        runs: in any order; of several with the same id, one counts.
        p_value: how often, at most, a measured series without a change is said to have one.

    """
    by_id = {run.run_id: run for run in runs}
    ordered = sorted(by_id.values(), key=lambda run: run.started_at)
    points: dict[Hashable, dict[int, tuple[Outcome, Figure]]] = {}
    for place, run in enumerate(ordered):
        for outcome in run.index.in_plan_order:
            for figure in (*figures_of(run.index, outcome), _came_of(outcome)):
                # What is exact is so on every machine.
                where = None if figure.exact else machine(run.environment)
                points.setdefault((same_case(outcome.case), figure.quantity, where), {})[place] = (outcome, figure)
    series = (_series(found, len(ordered), p_value) for found in points.values())
    return History(
        runs=tuple(ordered),
        series=tuple(each for each in series if each.steps or each.figure.quantity != OUTCOME),
        p_value=p_value,
    )


def machine(environment: Environment) -> tuple[object, ...]:
    """Return what times depend on that no change of code changes."""
    return (environment.cpu, environment.cores, environment.threads, environment.accelerators)


def _came_of(outcome: Outcome) -> Figure:
    match outcome:
        case Measured():
            words = MEASURED
        case Failed(kind=kind):
            words = f"{FAILED}: {kind}"
        case _:
            words = SKIPPED
    return Figure(quantity=OUTCOME, unit="", value=words, exact=True, smaller_is_better=None)


def _series(found: Mapping[int, tuple[Outcome, Figure]], runs: int, p_value: float) -> Series:
    outcome, newest = found[max(found)]
    figures = {place: figure for place, (_, figure) in found.items()}
    result = type(outcome.result) if isinstance(outcome, Measured) and newest.quantity != OUTCOME else None
    return Series(
        case=outcome.case,
        result=result,
        figure=newest,
        points=tuple(figures.get(place) for place in range(runs)),
        steps=tuple(_exact_steps(figures) if newest.exact else _measured_steps(figures, p_value)),
    )


def _exact_steps(figures: Mapping[int, Figure]) -> Iterable[Step]:
    for (before, old), (run, new) in pairwise(figures.items()):
        if (old.value, old.words) != (new.value, new.words):
            yield Step(before=before, run=run, old=old.value, new=new.value, p_value=None)


def _measured_steps(figures: Mapping[int, Figure], p_value: float) -> Iterable[Step]:
    from .e_divisive import change_points

    places = list(figures)
    values = [float(figure.value) for figure in figures.values()]
    found = change_points(values, p_value=p_value)
    ends = [0, *(point.index for point in found), len(values)]
    means = [fmean(values[begin:end]) for begin, end in pairwise(ends)]
    for point, (old, new) in zip(found, pairwise(means), strict=True):
        yield Step(before=places[point.index - 1], run=places[point.index], old=old, new=new, p_value=point.p_value)
