"""The tables of papers as text: rebuilt and counted, recounted, or as published."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, assert_never

from reporting import derived
from reporting.accuracies import accuracies_csv, accuracies_table
from reporting.conformance_text import conformance_csv, conformance_markdown
from reporting.printed_speeds import printed_speeds_csv, printed_speeds_markdown
from reporting.published import Kind, kind_of, load_table
from reporting.published.accuracies import load_accuracies
from reporting.published.speeds import load_speeds
from reporting.to_markdown import to_markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from suites.papers.rebuild import Rebuilder


def _unheard(row: str) -> None:
    """Tell nobody."""


def table_text(paper: str, number: int, *, as_csv: bool, header: bool, told: Callable[[str], object] = _unheard) -> str:
    """Return one table of a paper; nothing in it is timed.

    Args:
        paper: its name.
        number: the table's.
        as_csv: CSV, with columns that hold for every kind of table; otherwise Markdown.
        header: whether the CSV begins with the names of its columns.
        told: is called with the name of each row before its network is built or counted.

    Raises:
        PublishedError: there is no such paper, or no such table in it.

    """
    match kind_of(paper, number):
        case Kind.SPEEDS:
            speeds = load_speeds(paper, number)
            return printed_speeds_csv(speeds, header=header) if as_csv else printed_speeds_markdown(speeds)
        case Kind.ACCURACIES:
            accuracies = load_accuracies(paper, number)
            return (
                accuracies_csv(accuracies, header=header)
                if as_csv
                else to_markdown(accuracies_table(accuracies), heading=2)
            )
        case Kind.WINS:
            derive, origin = derived.RECOUNTS[paper, number]
            recounted = derive(load_table(paper, origin))
            return (
                derived.derived_csv(recounted, header=header)
                if as_csv
                else to_markdown(derived.derived_table(recounted), heading=2)
            )
        case Kind.COUNTS:
            from .rebuilt import judge

            judged = judge(load_table(paper, number), _rebuilder(), told)
            return conformance_csv(judged, header=header) if as_csv else conformance_markdown(judged, heading=2)
        case kind:
            assert_never(kind)


@cache
def _rebuilder() -> Rebuilder:
    """Return one for all tables: many of them name the same networks."""
    from attn_impls import builtin
    from suites.papers.rebuild import Rebuilder

    return Rebuilder(builtin())
