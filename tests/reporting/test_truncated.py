"""Digits that are cut off instead of rounded, as a way of printing."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

import pytest

from reporting.conformance import Verdict, judge_table
from reporting.conformance_text import conformance_tables
from reporting.conventions import CONVENTIONS, Convention, Metric
from reporting.published import PublishedRow, PublishedTable, Source

BY_NAME = {convention.name: convention for convention in CONVENTIONS}


class Counts:
    """Networks with these parameters, by the name of the row."""

    def __init__(self, **parameters: int) -> None:
        self._parameters = parameters

    def missing(self, row: PublishedRow) -> str:
        del row
        return ""

    def exact(self, row: PublishedRow, convention: Convention) -> int:
        return self._parameters[row.name] if convention.rule == "parameters" else 1


def table(**printed: str) -> PublishedTable:
    """Return a table of parameters in millions."""
    return PublishedTable(
        source=Source(
            paper="doe",
            short="Doe",
            citation="Doe",
            reference="doi:10.1/x",
            table=1,
            place="Table 1",
            subject="sizes",
            caption="",
        ),
        input_shape=(1, 3, 32, 32),
        num_classes=10,
        metrics=(Metric.PARAMS_M,),
        as_published=MappingProxyType({}),
        choices="",
        rows=tuple(
            PublishedRow(
                name=name,
                host=name,
                implementation="",
                slot="",
                image_size=32,
                attention="",
                normalizer="",
                alternative="",
                printed=MappingProxyType({"params_m": Decimal(figure)}),
            )
            for name, figure in printed.items()
        ),
    )


@pytest.mark.parametrize(("decimals", "figure"), [(0, "86"), (1, "86.8"), (2, "86.85")])
def test_digits_are_cut_off(decimals: int, figure: str) -> None:
    """86,859,496 parameters are 86 million, not 87."""
    assert str(BY_NAME["parameters, truncated"].printed(86_859_496, Metric.PARAMS_M, decimals)) == figure


@pytest.mark.parametrize(("parameters", "figure"), [(49_606_258, "50.0"), (22_205_416, "22.0")])
def test_a_whole_number_may_have_a_zero_after_its_point(parameters: int, figure: str) -> None:
    """Where 50 million were printed elsewhere, a table with one decimal says 50.0."""
    assert str(BY_NAME["parameters, whole"].printed(parameters, Metric.PARAMS_M, 1)) == figure


def test_a_truncated_figure_is_explained() -> None:
    """In a table of rounded figures, 4.4 for 4,490,000 has its reason, and the footer counts it."""
    judged = judge_table(table(a="4.6", b="5.1", c="4.4"), Counts(a=4_590_000, b=5_120_000, c=4_490_000))
    assert [cell.verdict for cell in judged.cells] == [Verdict.MATCH, Verdict.MATCH, Verdict.EXPLAINED]
    assert judged.cells[2].reason == "equals the printed value when all parameters are counted, truncated"
    assert judged.given() == {"parameters": 2, "parameters, truncated": 1}
    (shown,) = conformance_tables(judged)
    assert "Printed figures by the convention that gives them: 2 parameters; 1 parameters, truncated." in shown.notes


def test_a_rounded_figure_in_a_table_of_truncated_ones_is_explained() -> None:
    """The reason says that this one is rounded."""
    judged = judge_table(table(a="4.5", b="5.1", c="4.5"), Counts(a=4_590_000, b=5_190_000, c=4_490_000))
    assert judged.own(Metric.PARAMS_M).name == "parameters, truncated"
    assert judged.cells[2].reason == "equals the printed value when all parameters are counted, rounded"


def test_truncation_of_another_rule_is_two_changes() -> None:
    """Two changes explain too much: in a table of rounded macs, conv + linear must be rounded too."""
    other = BY_NAME["conv + linear, truncated"]
    assert other.near(BY_NAME["conv + linear"])
    assert other.near(BY_NAME["macs, truncated"])
    assert not other.near(BY_NAME["macs"])


def test_a_convention_with_equal_figures_is_no_tie() -> None:
    """A table of convolutions alone has no products to leave out: only what tells conventions apart is named."""
    (choice,) = judge_table(table(a="4.6", b="9.9"), Counts(a=4_600_000, b=5_000_000)).choices
    assert choice.tied == ()
