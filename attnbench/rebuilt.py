"""Where published rows meet the networks that are built for them: the one place that sees both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.conformance import judge_table
from suites.papers.rebuild import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporting.conformance import Conformance
    from reporting.conventions import Convention
    from reporting.published import PublishedRow, PublishedTable
    from suites.papers.rebuild import Rebuilder


def _unheard(row: str) -> None:
    """Tell nobody."""


def judge(table: PublishedTable, rebuilder: Rebuilder, told: Callable[[str], object] = _unheard) -> Conformance:
    """Build and count the networks of a table's rows, as far as its figures need it, and judge them.

    Args:
        table: as published.
        rebuilder: builds and counts.
        told: is called with the name of each row before its network is built or counted.

    """
    return judge_table(table, Rebuilt(table, rebuilder, told))


class Rebuilt:
    """The networks of one table's rows."""

    def __init__(self, table: PublishedTable, rebuilder: Rebuilder, told: Callable[[str], object] = _unheard) -> None:
        self._table, self._rebuilder, self._told = table, rebuilder, told

    def missing(self, row: PublishedRow) -> str:
        """Return why the row's network cannot be built; empty if it can."""
        return self._rebuilder.missing(self.network(row))

    def exact(self, row: PublishedRow, convention: Convention) -> int:
        """Count the row's network in the convention's variant by its rule."""
        self._told(row.name)
        return self._rebuilder.exact(self.network(row), convention.rule, convention.variant)

    def network(self, row: PublishedRow) -> Network:
        """Return what the row describes."""
        return Network(
            host=row.host,
            implementation=row.implementation,
            slot=row.slot,
            image_size=row.image_size,
            num_classes=self._table.num_classes,
        )
