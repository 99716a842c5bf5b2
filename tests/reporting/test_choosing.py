"""Columns by choice: in the order of the names, behind what tells the rows apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.choosing import choose, choose_of_table
from reporting.column_names import UnknownColumnError, aliases
from reporting.document import Document, Section
from reporting.report import document
from reporting.table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Measured, Run

TIMES = Table(
    title="times",
    columns=(text("attention"), number("batch"), number("latency"), number("÷ plain"), number("samples")),
    rows=(("se", "1", "2 ms", "1.1", "24"), ("se", "8", "9 ms", "1.2", "24"), ("eca", "1", "1 ms", "1.0", "24")),
)
SIZES = Table(
    title="sizes",
    columns=(text("attention"), number("parameters (M)"), number("fvcore MACs (M)")),
    rows=(("se", "1.00", "2.00"), ("eca", "1.00", "2.00")),
)
BOTH = Document(
    title="run",
    paragraphs=("words",),
    sections=(
        Section(title="Sizes", tables=(SIZES,)),
        Section(title="Times", tables=(TIMES,)),
        Section(title="How to read", paragraphs=("as it is",)),
    ),
)


def heads(table: Table | None) -> list[str]:
    """Return the heads of a table."""
    assert table is not None
    return [column.title for column in table.columns]


def test_the_order_is_that_of_the_names() -> None:
    """What tells rows apart stands first, as far as it is needed: here the attention and the batch."""
    chosen = choose_of_table(TIMES, ("samples", "latency"))
    assert heads(chosen) == ["attention", "batch", "samples", "latency"]
    assert chosen is not None
    assert chosen.rows[1] == ("se", "8", "24", "9 ms")


def test_a_name_that_tells_rows_apart_stands_where_it_is_wanted() -> None:
    """It is not there twice."""
    assert heads(choose_of_table(TIMES, ("latency", "batch"))) == ["attention", "latency", "batch"]


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("Parameters", "parameters (M)"),
        ("parameters (m)", "parameters (M)"),
        ("fvcore-macs", "fvcore MACs (M)"),
        ("*macs", "fvcore MACs (M)"),
    ],
)
def test_units_and_capitals_can_be_left_out(name: str, head: str) -> None:
    """And a star stands for any letters."""
    assert heads(choose_of_table(SIZES, (name,))) == ["attention", head]


def test_a_ratio_can_be_written_without_its_sign() -> None:
    """It is on few keyboards."""
    assert aliases("÷ plain (forward b4)") == {"÷ plain (forward b4)", "÷ plain", "ratio"}
    assert heads(choose_of_table(TIMES, ("ratio",)))[-1] == "÷ plain"


def test_tables_without_such_a_column_are_left_out() -> None:
    """With their sections; words stay."""
    chosen = choose(BOTH, ("samples",))
    assert [section.title for section in chosen.sections] == ["Times", "How to read"]
    assert chosen.paragraphs == ("words",)
    assert choose(BOTH, ()) is BOTH


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """Also beside known ones; all of them if none is near."""
    with pytest.raises(UnknownColumnError, match=r"unknown column 'sample'; the nearest (is|are) samples"):
        choose(BOTH, ("latency", "sample"))
    with pytest.raises(UnknownColumnError, match="unknown column 'xyz'; choose from attention, parameters "):
        choose(BOTH, ("xyz",))


def test_the_summary_has_every_condition_that_is_asked_for(
    make_run: Callable[..., Run], make_measured: Callable[..., Measured], host: Case
) -> None:
    """A panel has the ratio of the last one alone."""
    larger = replace(host, input=host.input.with_batch(8))
    cases = [replace(each, implementation="se") for each in (host, larger)]
    run = make_run(
        make_measured(host, 0.1), make_measured(cases[0], 0.2), make_measured(larger, 0.5), make_measured(cases[1], 0.6)
    )
    summary = choose(document(run), ("ratio",)).sections[0]
    assert summary.title == "Summary"
    assert heads(summary.tables[0]) == ["attention", "÷ plain (forward b1)", "÷ plain (forward b8)"]
    assert summary.tables[0].texts == (
        ("(none)", "1", "1"),
        ("se", "2.000 [2.000, 2.000]", "1.200 [1.200, 1.200]"),
    )
