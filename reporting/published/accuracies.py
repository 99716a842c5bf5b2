"""Accuracies that papers print alone, with what their columns must obey."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from . import table_data, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from . import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One printed row, and the network that it stands for."""

    name: str
    host: str
    """By its name in the registry; empty: it is not built here."""
    implementation: str
    """By its name in the registry, with options."""
    slot: str
    printed: Mapping[str, Decimal]
    """By the column; in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAccuracies:
    """A table of accuracies of trained networks."""

    source: Source
    of: str
    """What was trained, and on what, in a sentence or two."""
    heading: str
    """What its rows are."""
    columns: Mapping[str, str]
    """Title -> what it is, in words."""
    at_most: tuple[tuple[str, str], ...]
    """Pairs of columns of which the first is no more than the second, by what they are."""
    rows: tuple[Row, ...]


def load_accuracies(paper: str, number: int) -> PublishedAccuracies:
    """Load a table of accuracies.

    Raises:
        PublishedError: there is no such paper, or no such table of accuracies in it.

    """
    source, data = table_data(paper, number, having="accuracies")
    columns = data["accuracies"]
    return PublishedAccuracies(
        source=source,
        of=data["of"].strip(),
        heading=data.get("heading", "Model"),
        columns=MappingProxyType(columns),
        at_most=tuple((lower, upper) for lower, upper in data.get("at_most", ())),
        rows=tuple(
            Row(
                name=record["row"],
                host=record["host"],
                implementation=record["implementation"],
                slot=record["slot"],
                printed=MappingProxyType({column: Decimal(record[column]) for column in columns if record[column]}),
            )
            for record in csv.DictReader(text_of(data["rows"]).splitlines())
        ),
    )
