"""Times that the clock itself has a large part in, and what is computed from them, are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.conjecture import answers
from reporting.describe import NEAR_OVERHEAD_NOTE
from reporting.details import latency_details
from reporting.logit_function_tables import logit_function_tables
from reporting.marginal_tables import marginal_tables
from results.records import Case, Latency, Logits, Measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporting.table import Table
    from results.records import Run, Samples

FUNCTION = Case(
    suite="operators", implementation="softmax", source="0" * 8, threads=2, input=Logits(shape=(4, 1000), dim=1)
)


@pytest.fixture
def measured(make_samples: Callable[..., Samples]) -> Callable[[Case, float, float | None], Measured]:
    """Measure a case that always takes the same, by a clock that shows so much for an empty call."""

    def measure(case: Case, seconds: float, overhead_s: float | None) -> Measured:
        return Measured(case=case, result=Latency(samples=replace(make_samples([seconds] * 24), overhead_s=overhead_s)))

    return measure


def cells(table: Table, column: str) -> list[str]:
    """Return the cells of a column."""
    index = [head.title for head in table.columns].index(column)
    return [row[index] for row in table.texts]


def test_below_ten_times_the_clocks_own_time(
    make_run: Callable[..., Run], measured: Callable[[Case, float, float | None], Measured]
) -> None:
    """Time, ratio, speed and share of the copy's have the mark; what both sides are far above has none."""
    seconds = {"none": 1e-6, "softmax": 10.5e-6, "hard_softmax/fused": 2e-6, "softmax/fused": 21e-6}
    run = make_run(
        *(measured(replace(FUNCTION, implementation=name), each, 1e-6) for name, each in seconds.items()),
    )
    (table,) = latency_details(run)
    assert cells(table, "latency") == [
        "1.00 µs ± 0.0% †",
        "10.5 µs ± 0.0%",
        "2.00 µs ± 0.0% †",
        "21.0 µs ± 0.0%",
    ]
    assert cells(table, "÷ softmax") == [
        "0.0952 [0.0952, 0.0952] †",
        "1",
        "0.190 [0.190, 0.190] †",
        "2.000 [2.000, 2.000]",
    ]
    assert [cell.endswith("†") for cell in cells(table, "GB/s")] == [True, False, True, False]
    # Every share is of the copy, which is short.
    assert [cell.endswith("†") for cell in cells(table, "÷ copy")] == [False, True, True, True]
    assert table.document_notes == (NEAR_OVERHEAD_NOTE,)
    (over_shapes,) = logit_function_tables(run)
    assert cells(over_shapes, "÷ softmax, geometric mean")[1:] == ["0.190 [0.190, 0.190] †", "2.000 [2.000, 2.000]"]
    assert [cell.endswith("†") for cell in cells(over_shapes, "least")[1:]] == [True, False]
    assert NEAR_OVERHEAD_NOTE in over_shapes.notes
    answer, *_, note = answers(run)
    assert "takes 0.190 [0.190, 0.190] † forward" in answer
    assert note == NEAR_OVERHEAD_NOTE


def test_differences_to_the_plain_network(
    host: Case, make_run: Callable[..., Run], measured: Callable[[Case, float, float | None], Measured]
) -> None:
    """Of a difference the clock's time is no part; the ratio has the mark."""
    attended = replace(host, implementation="se", slot="block_output")
    (table,) = marginal_tables(make_run(measured(host, 5e-6, 1e-6), measured(attended, 20e-6, 1e-6)))
    assert cells(table, "Δ latency") == ["+15.0 µs [+15.0, +15.0]"]
    assert cells(table, "÷ plain") == ["4.000 [4.000, 4.000] †"]
    assert NEAR_OVERHEAD_NOTE in table.notes


@pytest.mark.parametrize("overhead_s", [None, 0.1e-6])
def test_without_a_mark_there_is_no_note(
    overhead_s: float | None,
    make_run: Callable[..., Run],
    measured: Callable[[Case, float, float | None], Measured],
) -> None:
    """Ten times the clock's own time and more, or a run that does not know it."""
    names = ("none", "softmax", "hard_softmax/fused", "softmax/fused")
    run = make_run(*(measured(replace(FUNCTION, implementation=name), 1e-6, overhead_s) for name in names))
    for table in (*latency_details(run), *logit_function_tables(run)):
        assert NEAR_OVERHEAD_NOTE not in (*table.notes, *table.document_notes)
        assert not any(cell.endswith("†") for row in table.texts for cell in row)
    assert NEAR_OVERHEAD_NOTE not in answers(run)
