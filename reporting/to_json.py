"""Document -> JSON: every cell with its value in base units, its interval, its marks, and as a reader sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from results.text import json_text

from .cells import Missing, Quantity
from .units import cell_text

if TYPE_CHECKING:
    from .cells import Cell
    from .document import Document, Section
    from .table import Table

#: Raised when a reader of the old layout would misread the new one.
LAYOUT = 1


def document_json(document: Document) -> str:
    """Return a document: title, paragraphs (Markdown) and sections, with the cells of their tables."""
    return json_text(
        {
            "layout": LAYOUT,
            "title": document.title,
            "banner": list(document.banner),
            "paragraphs": list(document.paragraphs),
            "notes": list(document.notes()),
            "sections": [_section(section) for section in document.shown_sections],
        }
    )


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "paragraphs": list(section.paragraphs),
        "tables": [_table(table) for table in section.tables],
        "sections": [_section(below) for below in section.sections],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "caption": table.caption,
        "columns": [column.title for column in table.columns],
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "notes": list(table.notes),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    match cell:
        case str():
            return {"text": cell}
        case Missing(reason=reason, because=cause):
            return {"text": reason, "missing": True, **({"because": cause} if cause else {})}
        case Quantity():
            interval = None if cell.low is None or cell.high is None else [cell.low, cell.high]
            marks = {"marks": list(cell.marks)} if cell.marks else {}
            return {
                "text": cell_text(cell),
                "value": cell.value,
                "unit": cell.kind.value,
                "interval": interval,
                **marks,
            }
        case _:
            assert_never(cell)
