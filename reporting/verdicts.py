"""What judging a published table leaves: a verdict with its reason a cell, and the convention of each metric."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from .conventions import Convention, Metric
    from .published import PublishedRow, PublishedTable


#: Of a printed figure: half a percent tells rounding from another network.
CLOSE_SHARE = 0.005


class ConformanceError(ValueError):
    """A metric of the table cannot be judged; the message names it."""


class Networks(Protocol):
    """The networks of a table's rows, built and counted when they are asked for."""

    def missing(self, row: PublishedRow) -> str:
        """Return why the row's network cannot be built; empty if it can."""

    def exact(self, row: PublishedRow, convention: Convention) -> int:
        """Count the row's network in the convention's variant by its rule."""


class Verdict(StrEnum):
    """How a printed figure and its rebuild relate."""

    MATCH = "match"
    """The table's own convention gives the printed digits."""
    EXPLAINED = "explained"
    """Another listed convention gives them, which is the own one but for the rule, the unit or the variant."""
    CLOSE = "close"
    """No listed convention does, and the own one's figure is within CLOSE_SHARE: rounding, or a small detail."""
    DIFFERS = "differs"
    """The own one's figure is further away: another network, or a misprint."""
    NOT_MEASURED = "not measured"
    """The row's network is not built here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One printed figure and its rebuild by the table's own convention."""

    row: str
    metric: Metric
    published: Decimal
    measured: Decimal | None
    """With as many decimals as published, rounded half up; None if it was not measured."""
    exact: int | None
    """The integer count behind ``measured``."""
    counter: str
    """The rule that counted; empty if none did."""
    verdict: Verdict
    reason: str
    """Empty for a match."""
    convention: str = ""
    """The name of the one that gives the printed digits, the table's own or another; empty if none does."""

    @property
    def difference(self) -> float | None:
        """How much more the rebuild has, as a share of the printed figure; None if it was not measured."""
        return None if self.measured is None or not self.published else float(self.measured / self.published) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The convention taken as a metric's own, and how well it did."""

    metric: Metric
    convention: Convention
    matches: int
    counted: int
    """How many printed figures could be compared."""
    tied: tuple[Convention, ...]
    """Conventions that match as many cells but stand later in the list."""
    tried: int
    """How many conventions were tried; one that gives every figure is the last."""
    by_chance: float
    """How many of the figures that are no match could be expected to be explained if they were drawn at random."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What another implementation of the same row would give."""

    row: str
    implementation: str
    metric: Metric
    published: Decimal
    measured: Decimal
    figure: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """A published table, judged cell by cell: rows in the paper's order, metrics in the table's."""

    table: PublishedTable
    choices: tuple[Choice, ...]
    cells: tuple[Cell, ...]
    alternatives: tuple[Alternative, ...]

    def own(self, metric: Metric) -> Convention:
        """Return the table's own convention for this metric."""
        return next(choice.convention for choice in self.choices if choice.metric is metric)

    def total(self, verdict: Verdict) -> int:
        """Return how many cells have this verdict."""
        return Counter(cell.verdict for cell in self.cells)[verdict]

    def given(self) -> Mapping[str, int]:
        """Return how many printed figures each convention gives, the most first: a cell counts for one alone."""
        return dict(Counter(cell.convention for cell in self.cells if cell.convention).most_common())
