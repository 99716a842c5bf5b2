"""Promises of what a terminal shows: it fits, and nothing is lost."""

from __future__ import annotations

import pytest

from reporting.cells import Missing
from reporting.document import Document, Section
from reporting.table import Table, number, text
from reporting.to_terminal import document_terminal, fitted

TABLE = Table(
    title="networks",
    caption="Medians of the samples; " * 8,
    columns=(
        text("attention"),
        number("parameters (M)", "sizes"),
        number("MACs (M)", "sizes"),
        *(number(f"{direction} b{batch}", direction) for direction in ("forward", "backward") for batch in (1, 8, 32)),
    ),
    rows=(
        ("(none)", *["1.00 ms ± 2.0%"] * 8),
        ("se", *["1.00 ms ± 2.0%"] * 7, Missing("failed", because="no room")),
    ),
)


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_wide_table_is_stacked(width: int) -> None:
    """Every line fits; each panel repeats the names; directions stay together where they can."""
    shown = document_terminal(Document(title="run", sections=(Section(title="Times", tables=(TABLE,)),)), width)
    assert max(map(len, shown.splitlines())) <= width
    grids = fitted(TABLE, {"no room": "¹"}, width)
    assert all(grid.splitlines()[2].startswith("| (none)") for grid in grids)
    assert sum(grid.count("1.00 ms") for grid in grids) == 15
    assert "failed ¹" in shown
    assert shown.endswith("¹ no room\n")


def test_directions_stay_together() -> None:
    """Sizes, then a direction a panel."""
    heads = [grid.splitlines()[0].replace(" ", "") for grid in fitted(TABLE, {}, 80)]
    assert heads == [
        "|attention|parameters(M)|MACs(M)|",
        "|attention|forwardb1|forwardb8|forwardb32|",
        "|attention|backwardb1|backwardb8|backwardb32|",
    ]


def test_a_pipe_has_one_table() -> None:
    """However wide it is."""
    (grid,) = fitted(TABLE, {})
    assert len(grid.splitlines()) == 4


def test_a_cell_that_is_wider_than_a_terminal_is_wrapped() -> None:
    """In lines of its own, beside a name that stands once."""
    table = Table(
        title="", columns=(text("function"), text("verdict")), rows=(("softmax", "safe " * 20), ("other", "-"))
    )
    (grid,) = fitted(table, {}, 40)
    lines = grid.splitlines()
    assert max(map(len, lines)) <= 40
    assert sum(line.count("safe") for line in lines) == 20
    assert sum("softmax" in line for line in lines) == 1
    assert lines[1] == f"| -------- | {'-' * 25} |"


def test_what_names_a_row_is_repeated() -> None:
    """Two functions of one name are told apart in every panel."""
    table = Table(
        title="",
        columns=(text("function"), number("logits"), number("a" * 40), number("b" * 40)),
        rows=(("softmax", "2", "1", "2"), ("softmax", "197", "1", "2")),
        keys=2,
    )
    first, second = fitted(table, {}, 80)
    assert [line.split("|")[2].strip() for line in second.splitlines()] == ["logits", "-----:", "2", "197"]
    assert "a" * 40 in first
