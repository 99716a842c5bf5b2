"""A paper's table rebuilt: every printed figure beside the counted one, with a verdict and its reason.

No cell is an exception: a table has one counting convention for each of its metrics, the one that gives most of the
printed figures; any other figure is explained by another convention of the list, or it differs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .conventions import CONVENTIONS, Convention, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from results.records import Complexity

    from .published import PublishedRow, PublishedTable


class ConformanceError(ValueError):
    """The table cannot be judged with what was measured; the message names what is missing."""


class Verdict(StrEnum):
    """How a printed figure and its rebuild relate."""

    MATCH = "match"
    """The table's own convention gives the printed digits."""
    EXPLAINED = "explained"
    """Another listed convention gives them."""
    DIFFERS = "differs"
    """No listed convention does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One printed figure and its rebuild by the table's own convention."""

    row: str
    metric: Metric
    published: Decimal
    measured: Decimal
    """With as many decimals as published, rounded half up."""
    exact: int
    """The integer count behind ``measured``."""
    counter: str
    """The rule that counted, or ``parameters``."""
    verdict: Verdict
    reason: str
    """Empty for a match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The convention taken as a metric's own, and how well it did."""

    convention: Convention
    matches: int
    tied: tuple[Convention, ...]
    """Conventions that match as many cells but stand later in the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """A published table, judged cell by cell: rows in the paper's order, metrics in the table's."""

    table: PublishedTable
    choices: tuple[Choice, ...]
    cells: tuple[Cell, ...]

    def own(self, metric: Metric) -> Convention:
        """Return the table's own convention for this metric."""
        return next(choice.convention for choice in self.choices if choice.convention.metric is metric)

    def total(self, verdict: Verdict) -> int:
        """Return how many cells have this verdict."""
        return Counter(cell.verdict for cell in self.cells)[verdict]


def judge_table(
    table: PublishedTable, measured: Mapping[str, Complexity], conventions: Sequence[Convention] = CONVENTIONS
) -> Conformance:
    """Compare every printed figure with the counts of the rebuilt networks.

    Args:
        table: as published.
        measured: by the name of the row, for all rows.
        conventions: in order of preference.

    Raises:
        ConformanceError: a row was not measured, or no convention can be applied to all rows.

    """
    missing = [row.name for row in table.rows if row.name not in measured]
    if missing:
        msg = f"not measured: {', '.join(missing)}"
        raise ConformanceError(msg)
    choices = {metric: _choose(table, measured, metric, conventions) for metric in table.metrics}
    cells = tuple(
        _judge(table, row, measured[row.name], choices[metric].convention, conventions)
        for row in table.rows
        for metric in table.metrics
    )
    return Conformance(table=table, choices=tuple(choices.values()), cells=cells)


def _gives(convention: Convention, complexity: Complexity, published: Decimal) -> bool:
    exact = convention.exact(complexity)
    return exact is not None and convention.printed(exact, published) == published


def _choose(
    table: PublishedTable, measured: Mapping[str, Complexity], metric: Metric, conventions: Sequence[Convention]
) -> Choice:
    fitting = [convention for convention in conventions if convention.metric is metric]
    scores = {
        convention.name: sum(_gives(convention, measured[row.name], row.printed[metric]) for row in table.rows)
        for convention in fitting
        if all(convention.exact(measured[row.name]) is not None for row in table.rows)
    }
    if not scores:
        rules = ", ".join(convention.counter for convention in fitting)
        msg = f"{metric}: no counting rule was used on every row; one of these is needed: {rules}"
        raise ConformanceError(msg)
    best = max(scores.values())
    own, *tied = (convention for convention in fitting if scores.get(convention.name) == best)
    return Choice(convention=own, matches=best, tied=tuple(tied))


def _judge(
    table: PublishedTable, row: PublishedRow, complexity: Complexity, own: Convention, conventions: Sequence[Convention]
) -> Cell:
    published = row.printed[own.metric]
    exact = own.exact(complexity)
    if exact is None:
        msg = f"{row.name}: not counted by {own.counter}"
        raise ConformanceError(msg)
    other = next(
        (other for other in conventions if other.metric is own.metric and _gives(other, complexity, published)), None
    )
    if _gives(own, complexity, published):
        verdict, reason = Verdict.MATCH, ""
    elif other is not None:
        verdict, reason = Verdict.EXPLAINED, _explanation(table, row, other)
    else:
        verdict, reason = Verdict.DIFFERS, "no listed counting convention gives the printed digits"
    return Cell(
        row=row.name,
        metric=own.metric,
        published=published,
        measured=own.printed(exact, published),
        exact=exact,
        counter=own.counter,
        verdict=verdict,
        reason=reason,
    )


def _explanation(table: PublishedTable, row: PublishedRow, other: Convention) -> str:
    words = other.words.format(normalizer=spelled(row.normalizer) or "its normaliser")
    repeated = [
        candidate.normalizer
        for candidate in table.rows
        if (candidate.backbone, candidate.attention) == (row.backbone, row.attention)
        and candidate.normalizer != row.normalizer
        and candidate.printed[other.metric] == row.printed[other.metric]
    ]
    repeats = f": the paper repeats the {spelled(repeated[0])} row" if repeated else ""
    return f"equals the printed value when {words}{repeats}"


def spelled(normalizer: str) -> str:
    """Return a normaliser's name as papers write it: ``hard_softmax`` is HardSoftmax."""
    return "".join(part.capitalize() for part in normalizer.split("_"))
