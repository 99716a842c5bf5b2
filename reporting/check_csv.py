"""A regression check -> CSV: a row a case and quantity, full digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.rows import CASE_COLUMNS, case_row

from .csv_text import csv_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.checks import Check, Judged

#: What times are called; other quantities have their own names.
LATENCY = "latency"
COLUMNS = (
    *(name for name in CASE_COLUMNS if name != "status"),
    *("verdict", "confirmed", "quantity", "base", "head", "limit", "worse"),
    *("reference", "ratio", "ratio_low", "ratio_high", "twin", "twin_low", "twin_high"),
    *("builds", "processes", "smallest", "reason"),
)


def check_csv(check: Check) -> str:
    """Return a row a ratio of times and a row an exact quantity that differs; a case with neither has one row.

    ``ratio`` is head ÷ base, and ``reference`` names base. ``smallest`` is the smallest slowdown that could have been
    seen.
    """
    return csv_lines(COLUMNS, (row for judged in check.judged for row in _rows(check, judged)))


def _rows(check: Check, judged: Judged) -> Iterator[dict[str, object]]:
    shared: dict[str, object] = {
        **case_row(judged.case),
        "verdict": judged.verdict.value,
        "confirmed": judged.confirmed,
        "reason": judged.reason,
    }
    pace = judged.pace
    if pace is not None:
        base = {} if check.base is None else {"reference": check.base.name}
        twin = pace.twin
        yield {
            **shared,
            **base,
            "quantity": LATENCY,
            "ratio": pace.head.ratio,
            "ratio_low": pace.head.low,
            "ratio_high": pace.head.high,
            **({} if twin is None else {"twin": twin.ratio, "twin_low": twin.low, "twin_high": twin.high}),
            "builds": pace.builds,
            "processes": pace.processes,
            "smallest": pace.smallest,
        }
    for difference in judged.differences:
        yield {
            **shared,
            **{name: getattr(difference, name) for name in ("quantity", "base", "head", "limit", "worse")},
        }
    if pace is None and not judged.differences:
        yield shared
