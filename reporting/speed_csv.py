"""Printed speeds beside ours as CSV: one line a row and column, SI base units, full digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .csv_text import csv_lines
from .printed_speeds import ratio_in_print
from .speed_tables import Timed, Untimed, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .published.speeds import PublishedSpeeds, Row
    from .speed_tables import Measured

CSV_COLUMNS = (
    "paper",
    "table",
    "row",
    "host",
    "implementation",
    "slot",
    "mode",
    "metric",
    "published",
    "published_ratio",
    "published_ratio_low",
    "published_ratio_high",
    "images",
    "seconds",
    "seconds_low",
    "seconds_high",
    "reference",
    "ratio",
    "ratio_low",
    "ratio_high",
    "pairs",
    "noise_floor",
    "verdict",
    "reason",
)


def speed_csv(published: PublishedSpeeds, measured: Iterable[Measured], *, header: bool = True) -> str:
    """Return the lines of all measured columns, in the paper's order; what is not known is empty."""
    rows = (*published.rows, *published.added)
    return csv_lines(
        CSV_COLUMNS, (_record(published, column, row) for column in measured for row in rows), header=header
    )


def _record(published: PublishedSpeeds, measured: Measured, row: Row) -> dict[str, object]:
    key = measured.column.key
    printed = ratio_in_print({each.name: each for each in published.rows}, row, measured.column)
    record: dict[str, object] = {
        "paper": published.source.paper,
        "table": published.source.table,
        "row": row.name,
        "host": row.host,
        "implementation": row.implementation,
        "slot": row.slot,
        "mode": row.mode,
        "metric": key,
        "published": row.printed.get(key),
        "noise_floor": measured.noise,
        "verdict": verdict_of(published, measured, row),
    }
    if printed is not None:
        record |= {
            "published_ratio": printed.value,
            "published_ratio_low": printed.low,
            "published_ratio_high": printed.high,
        }
    match measured.rows[row.name]:
        case Untimed(reason=reason):
            record["reason"] = reason
        case Timed() as timed:
            record |= {
                "images": timed.images,
                "seconds": timed.seconds,
                "seconds_low": timed.low_s,
                "seconds_high": timed.high_s,
                "reason": timed.words,
            }
    found = measured.pairs.get((row.name, row.first))
    if found is not None:
        record |= {
            "reference": row.first,
            "ratio": found.value,
            "ratio_low": found.low,
            "ratio_high": found.high,
            "pairs": found.pairs,
        }
    return record
