"""A document: a title and sections of paragraphs and tables. Renderers turn it into text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .footnotes import footnote_lines, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .charts.chart import Chart
    from .summary import Summary
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
    """What a reader must know first, the summary, then a list of sections."""

    title: str
    banner: tuple[str, ...] = ()
    """Why the machine was unfit to compare times on, in plain text; nothing that follows draws a conclusion then."""
    paragraphs: tuple[str, ...] = ()
    """In Markdown; before the first section."""
    summary: Summary | None = None
    """The answer in one table; before the first section."""
    sections: tuple[Section, ...] = ()

    @property
    def panels(self) -> tuple[Table, ...]:
        """The tables of the summary."""
        return () if self.summary is None else self.summary.panels()

    @property
    def shown_sections(self) -> tuple[Section, ...]:
        """The sections as a renderer prints them: the summary is the first one."""
        if self.summary is None:
            return self.sections
        return (Section(title="Summary", tables=self.panels), *self.sections)

    def all_tables(self) -> Iterator[Table]:
        """Yield the tables in the order in which a reader meets them: the panels of the summary first."""
        for section in self.shown_sections:
            yield from section.all_tables()

    def footnotes(self) -> dict[str, str]:
        """Return why values are missing -> its mark, numbered through the document."""
        return numbered(cause for table in self.all_tables() for cause in table.causes)

    def notes(self) -> tuple[str, ...]:
        """Return what holds for several tables, and the footnotes, each once: they stand at the end."""
        shared = dict.fromkeys(note for table in self.all_tables() for note in table.document_notes)
        return (*shared, *footnote_lines(self.footnotes()))
