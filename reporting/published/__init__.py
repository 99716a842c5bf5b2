"""Figures that papers print, with their source: data files, and the loader that types them.

Printed figures are kept as decimals, so that ``93.10`` keeps the digits it was printed with.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..conventions import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Every paper has its tables in ``NAME.toml``.
PAPERS = ("psk",)


class PublishedError(ValueError):
    """No such paper, or no such table in it; the message names those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a table was printed."""

    short: str
    citation: str
    doi: str
    table: int
    subject: str
    """What the table is about, in a word or two of ours."""
    caption: str
    """The paper's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One row of a table of models, as printed."""

    name: str
    backbone: str
    attention: str
    normalizer: str
    """Empty where the model has none."""
    printed: Mapping[str, Decimal]
    """By column: the metrics' and the accuracies'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTable:
    """A table of models: what can be counted again, and accuracies, which cannot."""

    source: Source
    input_shape: tuple[int, ...]
    num_classes: int
    metrics: tuple[Metric, ...]
    accuracies: Mapping[str, str]
    """Column -> title with unit."""
    choices: str
    """What the paper leaves open and how the rows that it concerns were rebuilt; empty if nothing."""
    rows: tuple[PublishedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedWins:
    """A table that says how often one kind of model was printed above, and how often below another."""

    source: Source
    challenger: str
    reference: str
    outperforming: int
    underperforming: int


def load_table(paper: str, number: int) -> PublishedTable:
    """Load a table of models.

    Raises:
        PublishedError: there is no such paper, or no such table of models in it.

    """
    document = _document(paper)
    data = _table_data(document, paper, number, having="rows")
    metrics = tuple(Metric(name) for name in data["metrics"])
    columns = (*metrics, *data["accuracies"])
    return PublishedTable(
        source=_source(document, data, number),
        input_shape=tuple(data["input_shape"]),
        num_classes=data["num_classes"],
        metrics=metrics,
        accuracies=MappingProxyType(data["accuracies"]),
        choices=data.get("choices", "").strip(),
        rows=tuple(_row(record, columns) for record in csv.DictReader(_text(data["rows"]).splitlines())),
    )


def load_wins(paper: str, number: int) -> PublishedWins:
    """Load a table of comparisons.

    Raises:
        PublishedError: there is no such paper, or no such table of comparisons in it.

    """
    document = _document(paper)
    data = _table_data(document, paper, number, having="challenger")
    return PublishedWins(
        source=_source(document, data, number),
        challenger=data["challenger"],
        reference=data["reference"],
        outperforming=data["outperforming"],
        underperforming=data["underperforming"],
    )


def table_numbers(paper: str) -> tuple[int, ...]:
    """Return the numbers of the paper's tables that can be printed again.

    Raises:
        PublishedError: there is no such paper.

    """
    return tuple(int(number) for number in _document(paper)["tables"])


def _document(paper: str) -> dict[str, Any]:
    if paper not in PAPERS:
        msg = f"unknown paper {paper!r}; choose from {', '.join(PAPERS)}"
        raise PublishedError(msg)
    return tomllib.loads(_text(f"{paper}.toml"))


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _table_data(document: dict[str, Any], paper: str, number: int, *, having: str) -> dict[str, Any]:
    fitting = {int(key): data for key, data in document["tables"].items() if having in data}
    if number not in fitting:
        msg = f"unknown table {number} of {paper!r}; choose from {', '.join(map(str, fitting))}"
        raise PublishedError(msg)
    found: dict[str, Any] = fitting[number]
    return found


def _source(document: dict[str, Any], data: dict[str, Any], number: int) -> Source:
    return Source(
        short=document["short"],
        citation=document["citation"],
        doi=document["doi"],
        table=number,
        subject=data["subject"],
        caption=data["caption"],
    )


def _row(record: dict[str, str], columns: tuple[str, ...]) -> PublishedRow:
    return PublishedRow(
        name=record["row"],
        backbone=record["backbone"],
        attention=record["attention"],
        normalizer=record["normalizer"],
        printed=MappingProxyType({column: Decimal(record[column]) for column in columns}),
    )
