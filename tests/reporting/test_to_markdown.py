from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reporting.table import Table, number, text
from reporting.to_markdown import escape, to_markdown

#: Everything that can be printed: no controls, no marks of direction, no halves of a surrogate pair.
CELLS = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn")), max_size=30)


def table(*rows: tuple[str, ...], caption: str = "", notes: tuple[str, ...] = ()) -> Table:
    """Return a table with columns of words, numbers and words."""
    columns = (text("attention"), number("latency"), text("note"))
    return Table(title="a table", caption=caption, columns=columns, rows=rows, notes=notes)


def cells_as_rendered(markdown: str) -> list[list[str]]:
    """Return the cells of the body as a Markdown parser shows them, row by row."""
    rows: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and token.level == 4:
            # Whatever is not plain text - emphasis, links, HTML - is left out, and so would show as a difference.
            rows[-1].append("".join(child.content for child in token.children or () if child.type == "text"))
    return rows[1:]


def test_numbers_align_at_the_decimal_point() -> None:
    """Numbers line up at their points, whatever stands after them; words start at the left."""
    rendered = to_markdown(
        table(
            ("(none)", "812 ms ± 0.9%", ""),
            ("sk/softmax", "1.06 s ± 1.3% !", "x"),
            ("mine", "failed: out of memory", ""),
            ("nothing", "-", ""),
        )
    )
    assert rendered == (
        "a table\n"
        "\n"
        "| attention  | latency               | note |\n"
        "| ---------- | --------------------: | ---- |\n"
        "| (none)     | 812 ms ± 0.9%         |      |\n"
        "| sk/softmax |   1.06 s ± 1.3% !     | x    |\n"
        "| mine       | failed: out of memory |      |\n"
        "| nothing    | -                     |      |\n"
    )


def test_title_caption_and_notes_are_paragraphs() -> None:
    """What surrounds the table is separated from it by empty lines, a line of the caption or a note each."""
    rendered = to_markdown(table(("a", "1", "b"), caption="first\nsecond", notes=("¹ one", "² two")), heading=3)
    assert rendered == (
        "### a table\n"
        "\n"
        "first\n"
        "\n"
        "second\n"
        "\n"
        "| attention | latency | note |\n"
        "| --------- | ------: | ---- |\n"
        "| a         | 1       | b    |\n"
        "\n"
        "¹ one\n"
        "\n"
        "² two\n"
    )


def test_a_table_without_rows_is_its_words_alone() -> None:
    """No head is printed over nothing."""
    assert to_markdown(table(caption="nothing differs")) == "a table\n\nnothing differs\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<class 'X'>", r"\<class 'X'>"),
        ("3 < 4", "3 < 4"),
        ("resnext50_16x4d", "resnext50_16x4d"),
        ("__init__", r"\_\_init\_\_"),
        ("two\nlines", "two lines"),
    ],
)
def test_only_what_markdown_would_change_is_escaped(cell: str, expected: str) -> None:
    """A cell reads on a terminal almost as it is."""
    assert to_markdown(table((cell, "1", ""))).splitlines()[-1] == (f"| {expected.ljust(9)} | 1       |      |")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("https://a.example", "https:<!-- -->//a.example"),
        ("see www.a.example", "see www<!-- -->.a.example"),
        ("@somebody", "@<!-- -->somebody"),
        ("a@b.example", "a@<!-- -->b.example"),
        ("fixes #12 and GH-12", "fixes #<!-- -->12 and GH-<!-- -->12"),
        ("[a](b)", r"[a\](b)"),
        ("![a][b]", r"![a\][b]"),
        ("<https://a.example>", r"\<https:<!-- -->//a.example>"),
        ("block_output@4", "block_output@4"),
        ("256x2x256@1", "256x2x256@1"),
        ("# title", r"\# title"),
        ("- item", r"\- item"),
        ("> quoted", r"\> quoted"),
        ("1. item", r"1\. item"),
        ("-", "-"),
        ("-0.5 s", "-0.5 s"),
        ("a\x1b[2J\u202e", "a\ufffd[2J\ufffd"),
    ],
)
def test_no_text_becomes_a_link_a_mention_or_a_block(text: str, escaped: str) -> None:
    """Neither as Markdown nor as GitHub reads it after that; slots and shapes are as they are."""
    assert escape(text) == escaped


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
def test_every_cell_is_shown_as_it_is(rows: list[tuple[str, str, str]]) -> None:
    """Any text in any cell survives a Markdown parser, in its own cell: every row keeps its three."""
    expected = [[" ".join(cell.split()) for cell in row] for row in rows]
    assert cells_as_rendered(to_markdown(table(*rows))) == expected


def test_a_row_of_the_wrong_length_is_an_error() -> None:
    """A row that lost a cell is refused, by name of the table."""
    with pytest.raises(ValueError, match=r"table 'a table': the row \('a', 'b'\) has 2 cells for 3 columns"):
        table(("a", "b"))
