"""Promises of the table over many networks: one row an attention, however many networks there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.brief import MOST_ROWS, brief
from reporting.overall_tables import is_of_many, overall_tables
from reporting.report import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Measured, Run

    Make = Callable[..., Run]


def run_of(networks: int, host: Case, make_run: Make, make_measured: Callable[..., Measured]) -> Run:
    """Return so many networks with two attentions, of which one takes longer in every other network."""
    return make_run(
        *(
            make_measured(replace(host, host=f"network_{number}", implementation=name), seconds)
            for number in range(networks)
            for name, seconds in (("none", 0.010), ("se", 0.020), ("eca", 0.0125 if number % 2 else 0.008))
        )
    )


def test_one_row_an_attention(host: Case, make_run: Make, make_measured: Callable[..., Measured]) -> None:
    """The mean of the logarithms, both extremes, and how often it was faster or slower."""
    (table,) = overall_tables(run_of(14, host, make_run, make_measured))
    assert table.title == "14 networks and batches, forward, float32, cpu"
    assert table.texts == (
        ("se", "2.000 [2.000, 2.000]", "2.000", "2.000", "0", "14", "14 of 14"),
        ("eca", "1.000 [1.000, 1.000]", "0.800", "1.250", "7", "7", "14 of 14"),
    )


def test_a_few_networks_are_read_one_by_one(host: Case, make_run: Make, make_measured: Callable[..., Measured]) -> None:
    """Twelve have no such table."""
    assert not is_of_many(run_of(12, host, make_run, make_measured))
    assert is_of_many(run_of(13, host, make_run, make_measured))


def test_a_screen_has_the_first_rows_and_the_report_all(
    host: Case, make_run: Make, make_measured: Callable[..., Measured]
) -> None:
    """And says so."""
    run = run_of(40, host, make_run, make_measured)
    shown = brief(run)
    assert sum(len(table.rows) for table in shown.panels) == MOST_ROWS
    assert "The first 100 of 120 rows; the report has all." in shown.notes()
    assert sum(len(table.rows) for table in document(run).panels) == 120
    assert [section.title for section in shown.sections] == ["Over many networks"]
