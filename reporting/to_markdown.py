"""Table -> Markdown that GitHub renders and that reads well on a terminal too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from results.collector import at_rest
from results.text import printable

from .footnotes import footnote_lines, numbered
from .table import Align, aligned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .document import Document, Section
    from .table import Table

#: What Markdown would not show as it is. Underscores inside words are safe, as in resnext50_16x4d, and so is 3 < 4.
_SPECIAL = re.compile(
    r"[\\|*`~]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\](?=[(\[:])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    # What would make a heading, a list, a quotation or a line of the whole text.
    r"|\A(?:#(?=#{0,5}(?:\s|\Z))|[-+](?=\s)|>|-(?=--+\Z)|=(?==*\Z))|(?<=\A\d)[.)](?=\s)"
)
#: What GitHub makes a link to a page, a person, an address or an issue of, without any brackets. It does so after
#: Markdown is read, when a backslash is gone already: an empty comment keeps the two sides apart.
_LINKED = re.compile(
    r"(?<=[A-Za-z]:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\w)(?:(?<!\w@)|(?=[\w-]+\.\w))|(?<=#)(?=\d)|(?<=GH-)(?=\d)",
    re.IGNORECASE,
)
APART = "<!-- -->"
#: The heading of what stands once, at the end.
NOTES = "Notes"


def to_markdown(table: Table, *, heading: int = 0, footnotes: Mapping[str, str] | None = None) -> str:
    """Render a table: title, caption, rows, notes.

    Args:
        table: what to render.
        heading: level of the title as a heading; 0 prints it as a plain paragraph.
        footnotes: of the document that the table is part of, which has their lines and shared notes at its end. None:
            the table is the whole document, and has its own.

    """
    marks = numbered(table.causes) if footnotes is None else footnotes
    title = f"{'#' * heading} {escape(table.title)}" if heading else escape(table.title)
    paragraphs = map(escape, table.caption.splitlines())
    shared = (*table.document_notes, *footnote_lines(marks)) if footnotes is None else ()
    parts = (title, *paragraphs, grid(table, marks) if table.rows else "", *map(escape, (*table.notes, *shared)))
    return "\n\n".join(part for part in parts if part) + "\n"


@at_rest()
def document_markdown(document: Document) -> str:
    """Render a document; notes that hold for several of its tables stand at its end, each once."""
    notes = "\n".join(f"- {escape(note)}" for note in document.notes())
    marks = document.footnotes()
    parts = (
        f"# {escape(document.title)}",
        *(f"**{escape(line)}**" for line in document.banner),
        *document.paragraphs,
        *(part for section in document.shown_sections for part in _section_parts(section, marks, level=2)),
        *([f"## {NOTES}", notes] if notes else []),
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _section_parts(section: Section, marks: Mapping[str, str], *, level: int) -> Iterator[str]:
    yield f"{'#' * level} {escape(section.title)}"
    yield from section.paragraphs
    for table in section.tables:
        yield to_markdown(table, heading=level + 1, footnotes=marks)
    for below in section.sections:
        yield from _section_parts(below, marks, level=level + 1)


def grid(table: Table, footnotes: Mapping[str, str] | None = None) -> str:
    """Render the rows alone, cells padded to the width of their column.

    Args:
        table: whose rows they are.
        footnotes: cause -> its mark; by default the table's own.

    """
    return joined(padded_columns(table, numbered(table.causes) if footnotes is None else footnotes))


def padded_columns(table: Table, footnotes: Mapping[str, str]) -> list[list[str]]:
    """Return each column's head, rule and cells, all of one width.

    Args:
        table: whose columns they are.
        footnotes: cause -> its mark.

    """
    texts = table.marked_texts(footnotes)
    return [
        _padded(escape(column.title), column.align, aligned([escape(row[index]) for row in texts], column.align))
        for index, column in enumerate(table.columns)
    ]


def joined(columns: Iterable[Sequence[str]]) -> str:
    """Return the lines of a grid of padded columns."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in zip(*columns, strict=True))


def escape(text: str) -> str:
    """Return the text on one line, as Markdown shows it literally, inside a table or outside."""
    return _LINKED.sub(APART, _SPECIAL.sub(r"\\\g<0>", printable(text)))


def _padded(title: str, align: Align, cells: list[str]) -> list[str]:
    width = max(3, *map(len, (title, *cells)))
    rule = "-" * (width - 1) + ":" if align is Align.POINT else "-" * width
    return [title.ljust(width), rule, *(cell.ljust(width) for cell in cells)]
