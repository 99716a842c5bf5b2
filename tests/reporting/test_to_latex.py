"""Documents as LaTeX: what is text stays text, and pdflatex compiles it."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from reporting.cells import Kind, Missing, Quantity
from reporting.document import Document, Section
from reporting.table import Table, number, text
from reporting.to_latex import document_latex, escape, table_latex

if TYPE_CHECKING:
    from pathlib import Path

    from reporting.cells import Cell

PDFLATEX = shutil.which("pdflatex")
HOSTILE = (
    r"\input{/etc/passwd}",
    "a_b & c% $x$ #1 ^~ {",
    "<script>|x|",
    "=cmd()",
    "`\"'",
    "\x1b[2J日本",
    "--x",
    "×÷±µ†",
)


def times(*rows: tuple[Cell, ...]) -> Table:
    return Table(title="a table", columns=(text("attention"), number("latency")), rows=rows)


def ms(value: float, low: float, high: float) -> Quantity:
    return Quantity(value=value / 1e3, kind=Kind.SECONDS, low=low / 1e3, high=high / 1e3)


def test_every_special_character_is_printed() -> None:
    """None of them is a command."""
    assert escape(r"\a_{b} & 50% #1") == r"\textbackslash{}a\_\{b\} \& 50\% \#1"


def test_every_sign_of_a_report_is_printed() -> None:
    """Of marks, units, differences, quotations and sparklines; what else the fonts lack is a question mark."""
    assert "?" not in escape("×÷±µ·≤≥≈†‡✓✗…→°Δ“”¹²³▁▂▃▄▅▆▇█")
    assert escape("Δ plain 日") == r"$\Delta$ plain ?"


def test_heads_stand_above_their_numbers() -> None:
    """A column of numbers is two in LaTeX: its head spans both."""
    table = Table(
        title="two",
        columns=(text("attention"), number("latency"), number("peak")),
        rows=(("se", ms(1.0, 0.9, 1.1), Quantity(value=2**20, kind=Kind.BYTES)),),
    )
    spanning = r"\multicolumn{2}{l}{\textbf{latency}} & \multicolumn{2}{l}{\textbf{peak}} \\"
    assert rf"{{\textbf{{attention}}}} & {spanning}" in table_latex(table)


def test_numbers_stand_in_a_siunitx_column_with_the_rest_beside() -> None:
    """The unit and the interval have a column of their own; words span both."""
    rendered = table_latex(times(("se", ms(12.34, 12.0, 13.0)), ("lost", Missing("failed: NaN output"))))
    assert r"\begin{longtable}{@{}lS[table-format=+2.1]@{\,}l@{}}" in rendered
    assert r"se & 12.3 & ms [12.0, 13.0] \\" in rendered
    assert r"lost & \multicolumn{2}{l}{failed: NaN output} \\" in rendered
    assert r"{\textbf{attention}} & \multicolumn{2}{l}{\textbf{latency}} \\" in rendered


def test_the_best_is_bold_only_beyond_the_intervals() -> None:
    """Overlapping intervals decide nothing."""
    apart = table_latex(times(("a", ms(1.0, 0.9, 1.1)), ("b", ms(2.0, 1.9, 2.1))))
    assert r"a & \bfseries 1.00 & \bfseries ms [0.90, 1.10] \\" in apart
    assert apart.count(r"\bfseries") == 2
    assert r"\bfseries" not in table_latex(times(("a", ms(1.0, 0.9, 1.1)), ("b", ms(1.05, 1.0, 1.2))))


def test_the_plain_network_does_not_compete() -> None:
    """It has the fewest of everything, whatever is added to it."""
    plain, se, cbam = ms(1.0, 0.9, 1.1), ms(2.0, 1.9, 2.1), ms(3.0, 2.9, 3.1)
    rendered = table_latex(times(("(none)", plain), ("se", se), ("cbam", cbam)))
    assert r"(none) & 1.00 & ms [0.90, 1.10] \\" in rendered
    assert r"se & \bfseries 2.00 & \bfseries ms [1.90, 2.10] \\" in rendered


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed: apt-get install texlive-science")
def test_pdflatex_compiles_hostile_names(tmp_path: Path) -> None:
    """In titles, captions, paragraphs, heads, cells and notes."""
    assert PDFLATEX is not None
    hostile = "; ".join(HOSTILE)
    table = Table(
        title=hostile,
        caption=hostile,
        columns=(text(hostile), number("latency")),
        rows=tuple((name, ms(1.0, 0.9, 1.1)) for name in HOSTILE),
        notes=(hostile,),
    )
    document = Document(
        title=hostile,
        paragraphs=("**bold** `code_x`\n\n- one\n- two",),
        sections=(Section(title=hostile, tables=(table,)),),
    )
    (tmp_path / "report.tex").write_text(document_latex(document), encoding="utf-8")
    done = subprocess.run(
        [PDFLATEX, "-halt-on-error", "-interaction=nonstopmode", "report.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "report.pdf").stat().st_size > 1000
