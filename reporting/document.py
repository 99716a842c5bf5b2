"""A document: a title and sections of paragraphs and tables. Renderers turn it into text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .charts.chart import Chart
    from .table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Paragraphs, then tables, then sections of its own."""

    title: str
    paragraphs: tuple[str, ...] = ()
    """In Markdown."""
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    """Of formats that can show them."""
    sections: tuple[Section, ...] = ()

    def all_tables(self) -> Iterator[Table]:
        """Yield the tables, those of sections below too."""
        yield from self.tables
        for section in self.sections:
            yield from section.all_tables()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A list of sections."""

    title: str
    paragraphs: tuple[str, ...] = ()
    """In Markdown; before the first section."""
    sections: tuple[Section, ...] = ()

    def notes(self) -> tuple[str, ...]:
        """Return what holds for several tables, each once."""
        tables = (table for section in self.sections for table in section.all_tables())
        return tuple(dict.fromkeys(note for table in tables for note in table.document_notes))
