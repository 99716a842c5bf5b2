"""Promises of CSV: a spreadsheet takes no text for a formula, and numbers stay numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.csv_text import csv_lines, safe_cell
from reporting.to_csv import run_csv
from results.records import Case, Failed, FailureKind, Run

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'=1+1"),
        ("-", "-"),
        ("-0.5", "-0.5"),
        (-0.5, -0.5),
        (None, None),
        ("a\x1bb", "a\ufffdb"),
    ],
)
def test_a_text_is_no_formula(cell: object, written: object) -> None:
    """It is marked as a text; numbers, also in words, are not."""
    assert safe_cell(cell) == written


def test_a_column_that_a_row_lacks_is_empty() -> None:
    """And the header can be left out."""
    assert csv_lines(("a", "b"), [{"a": "=x"}]) == "a,b\n'=x,\n"
    assert csv_lines(("a", "b"), [{"b": 1}], header=False) == ",1\n"


def test_the_csv_of_a_run_has_no_formulas(host: Case, make_run: Callable[..., Run]) -> None:
    """Neither in names nor in messages."""
    case = replace(host, implementation="=evil()")
    lines = run_csv(make_run(Failed(case=case, kind=FailureKind.EXCEPTION, error="@evil\x1b[2J")))
    assert ",'=evil()," in lines
    assert lines.endswith("'@evil\ufffd[2J\n")
