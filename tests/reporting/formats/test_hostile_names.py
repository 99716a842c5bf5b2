"""Whatever a name or a message holds is text in every format, and all of it is shown."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from attnbench.documents import document_text
from reporting.report import document
from reporting.to_csv import run_csv, suite_csv
from results.text import printable
from tests.reporting.formats.reading import READERS, Seen, html_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from results.records import Outcome, Run

PDFLATEX = shutil.which("pdflatex")
FORMULA = ("=", "+", "-", "@")


@pytest.fixture
def attacked(
    make_run: Callable[..., Run], outcomes: Callable[..., tuple[Outcome, ...]], hostile: Sequence[str]
) -> list[tuple[str, Run]]:
    """Return a run for each hostile name, which has it everywhere that a user's names go."""
    return [(name, make_run(*outcomes(name, f"{name}2", f"{name}3", f"{name}4", name))) for name in hostile]


def cells(seen: list[Seen]) -> list[str]:
    """Return all cells of all tables."""
    return [cell for table in seen for row in table.rows for cell in row]


@pytest.mark.parametrize("format_", READERS)
def test_a_hostile_name_is_a_cell(attacked: list[tuple[str, Run]], format_: str) -> None:
    """As it would be printed on a terminal; the fonts of LaTeX lack some characters."""
    for name, run in attacked:
        shown = name if format_ == "json" else printable(name)
        if format_ == "tex":
            shown = "".join(each if ord(each) < 256 else "?" for each in shown)
        assert shown in cells(READERS[format_](document_text(document(run), format_))), name


def test_a_page_has_no_element_of_a_name(fixed_run: Run, attacked: list[tuple[str, Run]]) -> None:
    """The same elements, in the same order, as with harmless names."""
    harmless = html_page(document_text(document(fixed_run), "html")).elements
    for name, run in attacked:
        found = html_page(document_text(document(run), "html")).elements
        assert set(found) == set(harmless), name
        assert found.count("script") == harmless.count("script"), name


def test_json_is_json(attacked: list[tuple[str, Run]]) -> None:
    """And nothing of it moves a terminal's cursor."""
    for name, run in attacked:
        text = document_text(document(run), "json")
        assert json.loads(text)["layout"] == 1, name
        assert all(each.isprintable() or each == "\n" for each in text), name


def test_a_csv_has_no_formula(attacked: list[tuple[str, Run]]) -> None:
    """A name that begins like one has an apostrophe before it; each line has every cell."""
    for name, run in attacked:
        for text in (run_csv(run), *(suite_csv(run, suite) for suite in run.plan.suites)):
            header, *lines = csv.reader(io.StringIO(text))
            assert all(len(line) == len(header) for line in lines), name
            assert not any(cell.startswith(FORMULA) and not is_number(cell) for line in lines for cell in line), name
        shown = printable(name)
        written = {cell for line in csv.reader(io.StringIO(run_csv(run))) for cell in line}
        assert (f"'{shown}" if shown.startswith(FORMULA) else shown) in written


def is_number(cell: str) -> bool:
    """Return whether a spreadsheet reads a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed: apt-get install texlive-science")
def test_pdflatex_typesets_all_of_them(attacked: list[tuple[str, Run]], tmp_path: Path) -> None:
    """Whole reports."""
    assert PDFLATEX is not None
    for index, (name, run) in enumerate(attacked):
        (tmp_path / f"{index}.tex").write_text(document_text(document(run), "tex"), encoding="utf-8")
        done = subprocess.run(
            [PDFLATEX, "-halt-on-error", "-interaction=nonstopmode", f"{index}.tex"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (name, done.stdout[-1500:])
