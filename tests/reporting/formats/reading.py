"""Documents in each format -> the tables that a reader sees in them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

from reporting.to_latex import SPECIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

Rows = list[list[str]]


class Seen(NamedTuple):
    """A table as it is printed."""

    heads: list[str]
    rows: Rows


def markdown_tables(text: str) -> list[Seen]:
    """Return what a Markdown parser makes of it: what is not plain text is left out of a cell."""
    lines: Rows = []
    tables: list[Seen] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            lines = []
        elif token.type == "tr_open":
            lines.append([])
        elif token.type == "table_close":
            tables.append(Seen(lines[0], lines[1:]))
        elif token.type == "inline" and token.level == 4 and lines:
            lines[-1].append("".join(child.content for child in token.children or () if child.type == "text"))
    return tables


class _Page(HTMLParser):
    """Tables of a page, and every element that it has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Seen] = []
        self.elements: list[str] = []
        self._row: list[str] | None = None
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.elements.append(tag)
        if tag == "table":
            self.tables.append(Seen([], []))
        elif tag == "tr":
            self._row = []
        elif tag in {"td", "th"} and self._row is not None:
            self._within = tag
            self._row.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._within = ""
        elif tag == "tr" and self._row is not None:
            heads, rows = self.tables[-1]
            if heads:
                rows.append(self._row)
            else:
                heads.extend(self._row)
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._within and self._row is not None:
            self._row[-1] += data


def html_page(text: str) -> _Page:
    """Read a page."""
    page = _Page()
    page.feed(text)
    return page


def html_tables(text: str) -> list[Seen]:
    """Return the tables of a page, without the spaces of its layout."""
    return [
        Seen([head.strip() for head in heads], [[cell.strip() for cell in row] for row in rows])
        for heads, rows in html_page(text).tables
    ]


_LATEX = {written: char for char, written in reversed(SPECIAL.items())}
_WRITTEN = re.compile("|".join(map(re.escape, sorted(_LATEX, key=len, reverse=True))))
#: LaTeX has one sign for both.
SAME_IN_LATEX = {"✗": "×"}


def as_typeset(latex: str) -> str:
    """Return the text that LaTeX prints."""
    inner = re.sub(r"\\bfseries ", "", latex)
    return _WRITTEN.sub(lambda found: _LATEX[found.group()], inner)


_TABULAR = re.compile(
    r"\\begin\{longtable\}\{([^\n]*)\}\n\\toprule\n([^\n]*) \\\\\n\\midrule\n\\endhead\n(.*?)\\bottomrule", re.DOTALL
)


def latex_tables(text: str) -> list[Seen]:
    """Return the tables of a document; a number and what stands beside it are one cell again."""
    return [
        Seen(
            [_bare(head) for head in heads.split(" & ")],
            [_latex_cells(row, columns) for row in body.split(" \\\\\n")[:-1]],
        )
        for columns, heads, body in _TABULAR.findall(text)
    ]


def _bare(head: str) -> str:
    inside = re.fullmatch(r"(?:\\multicolumn\{2\}\{l\})?\{\\textbf\{(.*)\}\}", head)
    assert inside is not None, head
    return as_typeset(inside.group(1))


def _latex_cells(row: str, columns: str) -> list[str]:
    pieces = iter(row.split(" & "))
    cells = []
    for column in re.findall(r"S\[[^]]*\]|l(?!\])", columns.replace(r"@{\,}l", "")):
        piece = next(pieces)
        spans = re.fullmatch(r"\\multicolumn\{2\}\{l\}\{(.*)\}", piece)
        if column == "l" or spans is not None:
            cells.append(as_typeset(piece if spans is None else spans.group(1)))
        else:
            cells.append(f"{as_typeset(piece)} {as_typeset(next(pieces))}".strip())
    assert not list(pieces), row
    return cells


def json_tables(text: str) -> list[Seen]:
    """Return the texts of the cells; the mark of a footnote stands in the other formats alone."""
    return [
        Seen(table["columns"], [[cell["text"] for cell in row] for row in table["rows"]])
        for table in _json_tables(json.loads(text)["sections"])
    ]


def _json_tables(sections: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for section in sections:
        yield from section["tables"]
        yield from _json_tables(section["sections"])


READERS: dict[str, Callable[[str], list[Seen]]] = {
    "md": markdown_tables,
    "html": html_tables,
    "tex": latex_tables,
    "json": json_tables,
}
