"""Document -> HTML for a cell of a notebook: its tables as they are, in the colours of whoever shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.text import printable

from ..inline_markdown import as_html
from .to_html import table_facts, template

if TYPE_CHECKING:
    from ..document import Document


def document_fragment(document: Document) -> str:
    """Return the tables of a document and what stands before and after them. No script, nothing from elsewhere."""
    marks = document.footnotes()
    return template("fragment.html.jinja").render(
        title=printable(document.title),
        banner=[printable(line) for line in document.banner],
        paragraphs=[as_html(each) for each in document.paragraphs],
        tables=[table_facts(table, "", marks) for table in document.all_tables()],
        notes=[printable(note) for note in document.notes()],
    )
