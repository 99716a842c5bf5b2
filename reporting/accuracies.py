"""Accuracies as papers print them, and beside them those of networks that were trained here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from .cells import EMPTY
from .conformance_text import AS_PUBLISHED, cited, title_of, to_lines
from .contradictions import impossible_orders
from .table import Table, number, text
from .verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .published.accuracies import PublishedAccuracies

#: By row and column, in percent: of networks that were trained here.
Trained = MappingProxyType[tuple[str, str], float]
NOT_TRAINED: Trained = MappingProxyType({})


def accuracies_table(
    published: PublishedAccuracies, trained: Mapping[tuple[str, str], float] = NOT_TRAINED, of: str = ""
) -> Table:
    """Return the printed accuracies, and after each column the trained ones where there are any.

    Args:
        published: the table.
        trained: accuracies in percent, by row and column.
        of: how the networks were trained, in a sentence; empty if none was.

    """
    return Table(
        title=title_of(published.source, what="beside trained" if trained else "as published"),
        caption="\n".join(filter(None, (cited(published.source), published.of, of))),
        columns=(
            text(published.heading),
            *(
                number(title)
                for column in published.columns
                for title in ((f"{column} {AS_PUBLISHED}", f"{column} here") if trained else (column,))
            ),
        ),
        rows=tuple(
            (
                row.name,
                *(
                    cell
                    for column in published.columns
                    for cell in (
                        str(row.printed.get(column, EMPTY.reason)),
                        *([_percent(trained.get((row.name, column)))] if trained else []),
                    )
                ),
            )
            for row in published.rows
        ),
        notes=(
            *([f"{AS_PUBLISHED} As published."] if trained else []),
            " ".join(f"{column}: {words}." for column, words in published.columns.items()),
            *impossible_orders(published),
        ),
    )


def accuracies_csv(
    published: PublishedAccuracies, trained: Mapping[tuple[str, str], float] = NOT_TRAINED, *, header: bool = True
) -> str:
    """Return one line a printed figure, with the columns of every table's cells."""
    return to_lines(
        (
            {
                "paper": published.source.paper,
                "table": published.source.table,
                "row": row.name,
                "host": row.host,
                "implementation": row.implementation,
                "slot": row.slot,
                "metric": column,
                "published": row.printed[column],
                **(
                    {"measured": trained[row.name, column]}
                    if (row.name, column) in trained
                    else {"verdict": Verdict.NOT_MEASURED, "reason": "accuracy of a trained network"}
                ),
            }
            for row in published.rows
            for column in published.columns
            if column in row.printed
        ),
        header=header,
    )


def _percent(accuracy: float | None) -> str:
    return EMPTY.reason if accuracy is None else f"{accuracy:.2f}"
