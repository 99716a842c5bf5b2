"""What can be measured, as tables and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporting.csv_text import csv_lines
from reporting.document import Document, Section
from reporting.table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Kind of thing -> what one of it is called in the CSV.
KINDS = {"implementations": "implementation", "hosts": "backbone", "suites": "suite"}
COLUMNS = (
    *("kind", "name", "family", "summary", "paper", "options"),
    *("slots", "stages", "image_size", "num_classes", "question"),
)


def listing_document(listed: Mapping[str, Sequence[Mapping[str, Any]]]) -> Document:
    """Return a section a kind of thing, without those that have nothing to list.

    Args:
        listed: as ``attnbench.list`` returns it.

    """
    tables = {
        "Implementations": _implementations(listed["implementations"]),
        "Backbones": _backbones(listed["hosts"]),
        "Suites": _suites(listed["suites"]),
    }
    return Document(
        title="What can be measured",
        sections=tuple(Section(title=title, tables=(table,)) for title, table in tables.items() if table.rows),
    )


def listing_csv(listed: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return a line a thing; what it has not is empty."""
    return csv_lines(
        COLUMNS,
        (
            {"kind": KINDS[kind], **{name: _words(cell) for name, cell in facts.items()}}
            for kind, every in listed.items()
            for facts in every
        ),
    )


def _implementations(every: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        title=f"{len(every)} implementations",
        columns=(text("name"), text("family"), text("what it is"), text("options"), text("paper")),
        rows=tuple(
            (each["name"], each["family"], each["summary"], _words(each["options"]), each["paper"] or "")
            for each in every
        ),
    )


def _backbones(every: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        title=f"{len(every)} backbones",
        columns=(text("name"), number("image"), text("stages"), text("slots"), text("what it is"), text("paper")),
        rows=tuple(
            (
                each["name"],
                str(each["image_size"]),
                _words(each["stages"]),
                _words(each["slots"]),
                each["summary"],
                each["paper"] or "",
            )
            for each in every
        ),
    )


def _suites(every: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        title=f"{len(every)} suites",
        columns=(text("name"), text("what it measures")),
        rows=tuple((each["name"], each["question"]) for each in every),
    )


def _words(cell: object) -> str:
    """Return what a cell has in one text: options as they are written, slots with their families."""
    match cell:
        case None:
            return ""
        case dict():
            return " ".join(f"{name}={value}" for name, value in cell.items())
        case list() | tuple():
            return " ".join(map(str, cell))
        case _:
            return str(cell)
