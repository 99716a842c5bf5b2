"""The tables of papers: rebuilt and counted, recounted, or as published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from reporting import derived
from reporting.accuracies import accuracies_csv, accuracies_table
from reporting.conformance_text import conformance_csv, conformance_tables
from reporting.document import Document, Section
from reporting.printed_speeds import printed_speeds_csv, printed_speeds_table
from reporting.published import Kind, kind_of, load_table
from reporting.published.accuracies import load_accuracies
from reporting.published.speeds import load_speeds
from reporting.to_markdown import to_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reporting.table import Table
    from suites.papers.rebuild import Rebuilder


def _unheard(row: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """One table of a paper, rebuilt, recounted or as published, and what belongs below it."""

    tables: tuple[Table, ...]
    csv: Callable[[bool], str]
    """Its lines, with the names of the columns or without."""


def paper_table(paper: str, number: int, rebuilder: Rebuilder, told: Callable[[str], object] = _unheard) -> PaperTable:
    """Return one table of a paper; nothing in it is timed.

    Args:
        paper: its name.
        number: the table's.
        rebuilder: counts the networks; one for all tables, many of which name the same networks.
        told: is called with the name of each row before its network is built or counted.

    Raises:
        PublishedError: there is no such paper, or no such table in it.

    """
    match kind_of(paper, number):
        case Kind.SPEEDS:
            speeds = load_speeds(paper, number)
            return PaperTable(
                tables=(printed_speeds_table(speeds),), csv=lambda header: printed_speeds_csv(speeds, header=header)
            )
        case Kind.ACCURACIES:
            accuracies = load_accuracies(paper, number)
            return PaperTable(
                tables=(accuracies_table(accuracies),), csv=lambda header: accuracies_csv(accuracies, header=header)
            )
        case Kind.WINS:
            derive, origin = derived.RECOUNTS[paper, number]
            recounted = derive(load_table(paper, origin))
            return PaperTable(
                tables=(derived.derived_table(recounted),),
                csv=lambda header: derived.derived_csv(recounted, header=header),
            )
        case Kind.COUNTS:
            from .rebuilt import judge

            judged = judge(load_table(paper, number), rebuilder, told)
            return PaperTable(
                tables=conformance_tables(judged), csv=lambda header: conformance_csv(judged, header=header)
            )
        case kind:
            assert_never(kind)


def table_markdown(tables: Sequence[Table]) -> str:
    """Return a table of a paper as Markdown, and what belongs to it a level below."""
    return "\n".join(to_markdown(table, heading=3 if index else 2) for index, table in enumerate(tables))


def tables_document(title: str, found: Iterable[tuple[str, Sequence[Table]]]) -> Document:
    """Return the tables of papers as a document.

    Args:
        title: of the document.
        found: what each section is called, and its tables.

    """
    sections = tuple(Section(title=short, tables=tuple(tables)) for short, tables in found)
    return Document(title=title, sections=sections)
