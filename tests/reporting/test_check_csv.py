"""A check as CSV: a row a ratio, and a row an exact quantity that differs."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from reporting.check_csv import check_csv
from results.checks import Difference, Judged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.checks import Check
    from results.records import Case


def rows_of(check: Check) -> list[dict[str, str]]:
    """Return the lines by column."""
    return list(csv.DictReader(io.StringIO(check_csv(check))))


def test_a_ratio_names_what_it_is_divided_by(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged]
) -> None:
    """Base, with the interval, the twin's, and how many builds it rests on."""
    (row,) = rows_of(make_check(make_timed("se", Verdict.SLOWER, 1.052, 0.011)))
    assert (row["implementation"], row["verdict"], row["confirmed"]) == ("se", "slower", "True")
    assert (row["quantity"], row["reference"], row["ratio"]) == ("latency", "main", "1.052")
    assert [round(float(row[end]), 6) for end in ("ratio_low", "ratio_high")] == [1.041, 1.063]
    assert (row["builds"], row["processes"]) == ("24", "1")


def test_a_difference_has_both_values(make_check: Callable[..., Check], make_exact: Callable[..., Judged]) -> None:
    """A line each, in the units of its quantity; what base lacks is empty."""
    check = make_check(
        make_exact(
            "se",
            Difference(quantity="parameters", base=10.0, head=12.0, worse=True),
            Difference(quantity="overflow threshold (one large)", head="never", worse=False),
        )
    )
    assert [(row["quantity"], row["base"], row["head"], row["worse"]) for row in rows_of(check)] == [
        ("parameters", "10.0", "12.0", "True"),
        ("overflow threshold (one large)", "", "never", "False"),
    ]


def test_a_case_with_neither_has_its_reason(make_check: Callable[..., Check], case_alone: Callable[..., Case]) -> None:
    """Written so that no spreadsheet takes it for a formula."""
    (row,) = rows_of(make_check(Judged(case=case_alone("=se"), verdict=Verdict.FAILED, reason="@no\nroom")))
    assert (row["implementation"], row["verdict"], row["reason"]) == ("'=se", "failed", "'@no room")
    assert row["quantity"] == ""
