"""Document -> LaTeX: booktabs, numbers in siunitx columns, the best of a column in bold beyond its interval."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from results.text import printable

from .cells import Kind, Missing, Quantity
from .describe import PLAIN_NAME
from .footnotes import numbered, superscript
from .inline_markdown import parsed
from .table import Align
from .units import cell_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from markdown_it.token import Token

    from .cells import Cell
    from .document import Document, Section
    from .table import Table

PREAMBLE = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{textcomp}
\usepackage{amsmath,amssymb}
\usepackage{booktabs}
\usepackage{longtable}
\usepackage{siunitx}
\usepackage[margin=2cm]{geometry}
\sisetup{detect-weight=true,table-align-text-post=false}
\setlength{\LTleft}{0pt}
\setlength{\parindent}{0pt}
\begin{document}
\sloppy
"""
#: Character -> what LaTeX prints it by.
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": r"{-}",
    "×": r"$\times$",
    "÷": r"$\div$",
    "±": r"$\pm$",
    "µ": r"\textmu{}",
    "·": r"\textperiodcentered{}",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "✓": r"$\checkmark$",
    "✗": r"$\times$",
    "…": r"\ldots{}",
    "→": r"$\rightarrow$",
    **{superscript(digit): f"$^{digit}$" for digit in range(10)},
    "°": r"\textdegree{}",
    "Δ": r"$\Delta$",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    # The bars of a sparkline.
    **{bar: rf"\rule{{0.4em}}{{{height * 0.2:.1f}ex}}" for height, bar in enumerate("▁▂▃▄▅▆▇█", 1)},
}
#: Kinds of which a smaller value is better; of others nothing is best.
SMALLER_IS_BETTER = frozenset({Kind.SECONDS, Kind.RATIO, Kind.BYTES, Kind.OPERATIONS, Kind.JOULES})
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def document_latex(document: Document) -> str:
    """Return a document that pdflatex compiles, and whose tables can be copied into a paper.

    The preamble says which packages they need: booktabs, longtable and siunitx.
    """
    parts = [
        PREAMBLE,
        rf"\section*{{{escape(document.title)}}}",
        *(rf"\fbox{{\parbox{{0.95\linewidth}}{{\textbf{{{escape(line)}}}}}}}" for line in document.banner),
        *map(_paragraph, document.paragraphs),
        *_section_parts(document.shown_sections, document.footnotes(), ("subsection", "subsubsection", "paragraph")),
        *_notes(document.notes()),
        r"\end{document}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table_latex(table: Table, footnotes: Mapping[str, str] | None = None) -> str:
    """Return one table: a longtable, so that it may go on over a page.

    Args:
        table: what to render.
        footnotes: cause -> its mark; by default the table's own.

    """
    marks = numbered(table.causes) if footnotes is None else footnotes
    if not table.rows:
        return ""
    # What others are added to is smallest by nature.
    plain = frozenset(at for at, row in enumerate(table.rows) if PLAIN_NAME in row)
    best = [_best([row[index] for row in table.rows], plain) for index in range(len(table.columns))]
    widths = [_digits(table, index) for index in range(len(table.columns))]
    heads = " & ".join(
        _head(column.title, numeric=width is not None) for column, width in zip(table.columns, widths, strict=True)
    )
    rows = [
        " & ".join(
            _cell(cell, marks, bold=number in best[index], numeric=widths[index] is not None)
            for index, cell in enumerate(row)
        )
        + r" \\"
        for number, row in enumerate(table.rows)
    ]
    columns = "".join(_column(width) for width in widths)
    lines = [rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}", r"\toprule", rf"{heads} \\", r"\midrule", r"\endhead"]
    return "\n".join([*lines, *rows, r"\bottomrule", r"\end{longtable}"])


def escape(text: str) -> str:
    """Return a text as LaTeX prints it literally; what its fonts lack is a question mark."""
    return "".join(_character(each) for each in printable(text))


def _character(each: str) -> str:
    if each in SPECIAL:
        return SPECIAL[each]
    # Letters of western Europe are in T1 fonts; others would stop pdflatex.
    return each if " " <= each <= "~" or "À" <= each <= "ÿ" else "?"


def _section_parts(sections: Iterable[Section], marks: Mapping[str, str], levels: Sequence[str]) -> Iterator[str]:
    for section in sections:
        yield rf"\{levels[0]}*{{{escape(section.title)}}}"
        yield from map(_paragraph, section.paragraphs)
        for table in section.tables:
            yield rf"\textbf{{{escape(table.title)}}}"
            yield from map(escape, table.caption.splitlines())
            yield table_latex(table, marks)
            yield from _notes(table.notes)
        yield from _section_parts(section.sections, marks, levels[1:] or levels)


def _notes(notes: Sequence[str]) -> list[str]:
    return [rf"{{\small {escape(note)}}}" for note in notes]


def _digits(table: Table, index: int) -> tuple[int, int] | None:
    """Return how many digits stand before and after the point in a column of numbers; None of another column."""
    if table.columns[index].align is not Align.POINT:
        return None
    found = [match.group() for row in table.rows if (match := _leading(row[index]))]
    if not found:
        return None
    whole = [number.lstrip("+-").partition("e")[0].partition(".") for number in found]
    return max(len(before) for before, _, _ in whole), max(len(after) for _, _, after in whole)


def _head(title: str, *, numeric: bool) -> str:
    """Return the head of a column; of numbers it spans what follows them too."""
    bold = rf"\textbf{{{escape(title)}}}"
    return rf"\multicolumn{{2}}{{l}}{{{bold}}}" if numeric else f"{{{bold}}}"


def _column(digits: tuple[int, int] | None) -> str:
    if digits is None:
        return "l"
    # What follows a number, as its unit and its interval, stands in a column of its own width behind it.
    return f"S[table-format=+{digits[0]}.{digits[1]}]@{{\\,}}l"


def _leading(cell: Cell) -> re.Match[str] | None:
    text = printable(cell_text(cell))
    found = _NUMBER.match(text)
    return None if found is None or "e" in found.group() or isinstance(cell, Missing) else found


def _cell(cell: Cell, marks: Mapping[str, str], *, bold: bool, numeric: bool) -> str:
    text = printable(cell_text(cell, marks))
    weight = r"\bfseries " if bold else ""
    if not numeric:
        return f"{weight}{escape(text)}"
    found = _leading(cell)
    if found is None:
        return rf"\multicolumn{{2}}{{l}}{{{escape(text)}}}"
    return f"{weight}{found.group()} & {weight}{escape(text[found.end() :].strip())}"


def _best(cells: Sequence[Cell], outside: Collection[int]) -> frozenset[int]:
    """Return the row that is better than all others beyond the intervals; none where they overlap or there is one.

    Args:
        cells: of a column.
        outside: rows that do not compete.

    """
    known = [
        (row, cell)
        for row, cell in enumerate(cells)
        if row not in outside and isinstance(cell, Quantity) and cell.kind in SMALLER_IS_BETTER
    ]
    if len(known) < 2 or len({cell.kind for _, cell in known}) > 1:  # noqa: PLR2004 - of one, nothing is best
        return frozenset()
    row, best = min(known, key=lambda found: found[1].value)
    high = best.value if best.high is None else best.high
    others = [cell.value if cell.low is None else cell.low for at, cell in known if at != row]
    return frozenset({row}) if all(high < low for low in others) else frozenset()


def _paragraph(markdown: str) -> str:
    return "\n".join(_tokens(parsed(markdown))).strip()


def _tokens(tokens: Sequence[Token]) -> Iterator[str]:
    blocks = {
        "bullet_list_open": r"\begin{itemize}",
        "bullet_list_close": r"\end{itemize}",
        "list_item_open": r"\item",
        "paragraph_close": "",
    }
    for token in tokens:
        if token.type == "inline":
            yield "".join(_inline(token.children or ()))
        elif token.type in {"fence", "code_block"}:
            yield rf"\texttt{{{escape(token.content)}}}"
        elif token.type in blocks:
            yield blocks[token.type]


def _inline(children: Iterable[Token]) -> Iterator[str]:
    opening = {
        "strong_open": r"\textbf{",
        "em_open": r"\emph{",
        "strong_close": "}",
        "em_close": "}",
        "softbreak": "\n",
    }
    for child in children:
        if child.type == "code_inline":
            yield rf"\texttt{{{escape(child.content)}}}"
        elif child.type in opening:
            yield opening[child.type]
        elif child.content:
            yield escape(child.content)
