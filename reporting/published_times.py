"""Tables of times as papers print them, with what each is of the first row's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conformance_text import cited, title_of, to_lines
from .table import Table, number, text
from .units import format_factor
from .verdicts import Verdict

if TYPE_CHECKING:
    from .published import PublishedTimes

OF_ANOTHER_MACHINE = "seconds of the paper's machine"


def times_table(published: PublishedTimes) -> Table:
    """Return the printed seconds; nothing of it is measured again: that would take the machine of the paper."""
    first, *_ = published.rows
    reference = published.rows[first]
    return Table(
        title=title_of(published.source, what="as published"),
        caption=f"{cited(published.source)}\n{published.of}",
        columns=(
            text("Normalisation"),
            *(column for time in published.times for column in (number(f"{time}, s"), number(f"÷ {first}"))),
        ),
        rows=tuple(
            (
                name,
                *(
                    cell
                    for value, base in zip(seconds, reference, strict=True)
                    for cell in (str(value), "1" if name == first else format_factor(float(value / base)))
                ),
            )
            for name, seconds in published.rows.items()
        ),
    )


def times_csv(published: PublishedTimes, *, header: bool = True) -> str:
    """Return one line a figure, with the columns of every table's cells; what is not measured is empty."""
    return to_lines(
        (
            {
                "paper": published.source.paper,
                "table": published.source.table,
                "row": name,
                "metric": f"{time}_s",
                "published": value,
                "verdict": Verdict.NOT_MEASURED,
                "reason": OF_ANOTHER_MACHINE,
            }
            for name, seconds in published.rows.items()
            for time, value in zip(published.times, seconds, strict=True)
        ),
        header=header,
    )
