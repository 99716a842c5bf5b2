"""Documents are lists of sections; what holds for several tables stands in one once."""

from __future__ import annotations

from reporting.cells import Kind, Missing, Quantity
from reporting.document import Document, Section
from reporting.table import Table, number, text
from reporting.to_markdown import document_markdown, to_markdown


def table(title: str) -> Table:
    """Return a table with a note of its own, and one that others have too."""
    return Table(
        title=title,
        columns=(text("name"), number("time")),
        rows=(("a", Quantity(value=0.5, kind=Kind.SECONDS)), ("b", Missing("failed: no room"))),
        notes=(f"Of {title} alone.",),
        document_notes=("The machine was quiet.",),
    )


def test_a_note_of_all_tables_stands_once_at_the_end() -> None:
    """Notes of one table stay under it."""
    document = Document(
        title="A run",
        paragraphs=("Two cases.",),
        sections=(
            Section(title="Sizes", tables=(table("first"),)),
            Section(
                title="Times", sections=(Section(title="forward", paragraphs=("Inference.",), tables=(table("x"),)),)
            ),
        ),
    )
    rendered = document_markdown(document)
    assert [line for line in rendered.splitlines() if line and not line.startswith("|")] == [
        "# A run",
        "Two cases.",
        "## Sizes",
        "### first",
        "Of first alone.",
        "## Times",
        "### forward",
        "Inference.",
        "#### x",
        "Of x alone.",
        "## Notes",
        "- The machine was quiet.",
    ]


def test_a_table_alone_has_all_its_notes() -> None:
    """As a terminal shows it, block by block."""
    assert to_markdown(table("first")).endswith("Of first alone.\n\nThe machine was quiet.\n")


def test_a_cell_is_a_value_until_it_is_rendered() -> None:
    """Digits, units and the words of what is missing are the renderer's choice."""
    found = table("first")
    assert found.rows[0][1] == Quantity(value=0.5, kind=Kind.SECONDS)
    assert found.texts == (("a", "500 ms ± ?"), ("b", "failed: no room"))
