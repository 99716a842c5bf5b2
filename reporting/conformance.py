"""A paper's table rebuilt: every printed figure beside the counted one, with a verdict and its reason.

No cell is an exception: a table has one counting convention for each of its metrics, the one that gives most of the
printed figures; any other figure is explained by another convention of the list, or it differs.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from .conventions import CONVENTIONS, Convention, Metric, Printing
from .printing import decimals
from .verdicts import CLOSE_SHARE, Alternative, Cell, Choice, Conformance, ConformanceError, Networks, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .published import PublishedRow, PublishedTable

__all__ = ["NEARBY", "Conformance", "ConformanceError", "Networks", "Verdict", "judge_table", "spelled"]

#: Within this share of a measured figure, other figures are taken to be as likely.
NEARBY = 0.05
#: Of a figure that is neither a match nor explained.
UNLISTED = "no listed counting convention gives the printed digits"


def judge_table(
    table: PublishedTable, networks: Networks, conventions: Sequence[Convention] = CONVENTIONS
) -> Conformance:
    """Compare every printed figure with the counts of the rebuilt networks.

    Args:
        table: as published.
        networks: of its rows.
        conventions: in order of preference.

    Raises:
        ConformanceError: there is no convention for what a metric counts.

    """
    why_missing = {row.name: networks.missing(row) for row in table.rows}
    built = [row for row in table.rows if not why_missing[row.name]]
    judges = {
        metric: _Judge(table, metric, built, networks, conventions)
        for metric in table.metrics
        if any(metric in row.printed for row in built)
    }
    cells = tuple(
        _not_measured(row, metric, why_missing[row.name]) if why_missing[row.name] else judges[metric].cell(row)
        for row in table.rows
        for metric in table.metrics
        if metric in row.printed
    )
    return Conformance(
        table=table,
        choices=tuple(judge.choice() for judge in judges.values()),
        cells=cells,
        alternatives=tuple(
            judge.alternative(row)
            for row in built
            if row.alternative
            for metric, judge in judges.items()
            if metric in row.printed
        ),
    )


class _Judge:
    """Judges the figures of one metric: finds the table's own convention first."""

    def __init__(
        self,
        table: PublishedTable,
        metric: Metric,
        built: Sequence[PublishedRow],
        networks: Networks,
        conventions: Sequence[Convention],
    ) -> None:
        self._table, self._metric, self._networks = table, metric, networks
        self._fitting = [convention for convention in conventions if convention.quantity is metric.quantity]
        if not self._fitting:
            msg = f"{metric}: no convention counts {metric.quantity}"
            raise ConformanceError(msg)
        self._rows = [row for row in built if metric in row.printed]
        self._decimals = decimals({row.name: row.printed[metric] for row in table.rows if metric in row.printed})
        self._tied: list[Convention] = []
        self._tried = 0
        self._own = self._choose()

    def choice(self) -> Choice:
        unmatched = [row for row in self._rows if not self._gives(self._own, row)]
        return Choice(
            metric=self._metric,
            convention=self._own,
            matches=len(self._rows) - len(unmatched),
            counted=len(self._rows),
            tied=tuple(self._tied),
            tried=self._tried,
            by_chance=sum(map(self._chance, unmatched)),
        )

    def cell(self, row: PublishedRow) -> Cell:
        verdict, reason, convention = self._judge(row)
        return Cell(
            row=row.name,
            metric=self._metric,
            published=row.printed[self._metric],
            measured=self._figure(self._own, row),
            exact=self._networks.exact(row, self._own),
            counter=self._own.rule,
            verdict=verdict,
            reason=reason,
            convention=convention,
        )

    def alternative(self, row: PublishedRow) -> Alternative:
        published = row.printed[self._metric]
        other = replace(row, implementation=row.alternative)
        return Alternative(
            row=row.name,
            implementation=row.alternative,
            metric=self._metric,
            published=published,
            measured=self._figure(self._own, row),
            figure=self._figure(self._own, other),
        )

    def _choose(self) -> Convention:
        own, best = self._fitting[0], -1
        for convention in self._fitting:
            if best == len(self._rows):
                break
            self._tried += 1
            matches = self._matches(convention, own, best)
            if matches > best:
                own, best, self._tied = convention, matches, []
            elif matches == best and not self._same(convention, own):
                self._tied.append(convention)
        if not best:
            self._tied = []
        return own

    def _same(self, convention: Convention, own: Convention) -> bool:
        """Return whether both give equal figures for every row: convolutions alone have no products to leave out."""
        return all(self._figure(convention, row) == self._figure(own, row) for row in self._rows)

    def _judge(self, row: PublishedRow) -> tuple[Verdict, str, str]:
        """Return the verdict, its reason, and the name of the convention that gives the printed digits."""
        if self._gives(self._own, row):
            return Verdict.MATCH, "", self._own.name
        for other in self._fitting:
            if other.near(self._own) and self._gives(other, row):
                return Verdict.EXPLAINED, self._explanation(row, other), other.name
        published = row.printed[self._metric]
        apart = abs(self._figure(self._own, row) - published)
        verdict = Verdict.CLOSE if apart <= published * Decimal(str(CLOSE_SHARE)) else Verdict.DIFFERS
        return verdict, UNLISTED, ""

    def _matches(self, convention: Convention, own: Convention, best: int) -> int:
        """Count the figures that a convention gives, or stop as soon as it cannot be as many as the best so far.

        What the best so far does not give is looked at first: most conventions give none of it.
        """
        rows = self._rows if best < 0 else sorted(self._rows, key=lambda row: self._gives(own, row))
        matches = 0
        for index, row in enumerate(rows):
            if matches + len(rows) - index < best:
                break
            matches += self._gives(convention, row)
        return matches

    def _figure(self, convention: Convention, row: PublishedRow) -> Decimal:
        exact = self._networks.exact(row, convention)
        return convention.printed(exact, self._metric, self._decimals[row.name])

    def _gives(self, convention: Convention, row: PublishedRow) -> bool:
        return self._figure(convention, row) == row.printed[self._metric]

    def _chance(self, row: PublishedRow) -> float:
        """Return the share of the figures near the measured one that some convention other than the own gives."""
        own = self._figure(self._own, row)
        near = float(own) * NEARBY
        step = 10.0 ** -self._decimals[row.name]
        others = [convention for convention in self._fitting if convention.near(self._own)]
        figures = {self._figure(convention, row) for convention in others} - {own}
        return min(1.0, sum(abs(float(figure - own)) <= near for figure in figures) / max(1.0, 2 * near // step))

    def _explanation(self, row: PublishedRow, other: Convention) -> str:
        normalizer = spelled(row.normalizer) or "its normaliser"
        words = other.clause(self._metric, normalizer, unit=other.base != self._own.base)
        again = other.printing is Printing.ROUNDED and self._own.printing is not Printing.ROUNDED
        rounded = f", {Printing.ROUNDED}" if again else ""
        repeated = [
            candidate.normalizer
            for candidate in self._table.rows
            if row.normalizer
            and (candidate.host, candidate.attention) == (row.host, row.attention)
            and candidate.normalizer != row.normalizer
            and candidate.printed.get(self._metric) == row.printed[self._metric]
        ]
        repeats = f": the paper repeats the {spelled(repeated[0])} row" if repeated else ""
        return f"equals the printed value when {words}{rounded}{repeats}"


def _not_measured(row: PublishedRow, metric: Metric, why: str) -> Cell:
    return Cell(
        row=row.name,
        metric=metric,
        published=row.printed[metric],
        measured=None,
        exact=None,
        counter="",
        verdict=Verdict.NOT_MEASURED,
        reason=why,
    )


def spelled(normalizer: str) -> str:
    """Return a normaliser's name as papers write it: ``hard_softmax`` is HardSoftmax."""
    return "".join(part.capitalize() for part in normalizer.split("_"))
