"""Speeds that papers print: of each column its unit, and how this project measures the same."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from results.records import Direction, Mode, Phase

from . import table_data, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from . import Source


class Unit(StrEnum):
    """What a printed figure counts."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    IMAGES_PER_S = "images/s"
    GIGABYTES = "GB"

    @property
    def is_rate(self) -> bool:
        """Whether more of it is faster."""
        return self is Unit.IMAGES_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Measured by single calls of a network."""

    direction: Direction
    batch: int
    """Images of the paper's batch on one of its devices."""
    device: str = ""
    """Where the paper's figure is of this kind of device alone; empty: where the user says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epochs:
    """Measured by steps through a data set."""

    dataset: str
    recipe: str
    phase: Phase
    batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One printed column."""

    key: str
    """Its name in the file, and in CSV."""
    title: str
    unit: Unit
    how: Calls | Epochs | None
    """None: it is not measured here."""

    @property
    def heading(self) -> str:
        """The title with the unit."""
        return f"{self.title}, {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One printed row, or one that is measured beside them, and the network that it stands for."""

    name: str
    host: str
    """By its name in the registry; empty: it is not built here."""
    implementation: str
    """By its name in the registry, with options; empty: the plain backbone."""
    slot: str
    mode: Mode
    beside: str
    """Of a row that the paper does not have: the row that it is also divided by; empty: none."""
    first: str
    """The row that its figures are divided by."""
    printed: Mapping[str, Decimal]
    """By the key of the column; nothing in a row that the paper does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the paper's text says of the rows: one takes so much longer than the other."""

    row: str
    than: str
    least: Decimal
    """As a share: 0.15 is 15% longer."""
    most: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSpeeds:
    """A table of speeds, or the speeds of a table."""

    source: Source
    of: str
    """What was timed, and on what, in a sentence or two."""
    heading: str
    """What its rows are."""
    image_size: int
    num_classes: int
    choices: str
    """What the paper leaves open, or what is measured in place of its networks; empty if nothing."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    added: tuple[Row, ...]
    """Rows that the paper does not have, measured beside its own."""
    claims: tuple[Claim, ...]

    @property
    def firsts(self) -> tuple[str, ...]:
        """The rows that others are divided by: the first, or the first of each backbone."""
        return tuple(dict.fromkeys(row.first for row in self.rows))


def load_speeds(paper: str, number: int) -> PublishedSpeeds:
    """Load a table of speeds, or the speeds of a table of counts.

    Raises:
        PublishedError: there is no such paper, or no such table with speeds in it.

    """
    source, data = table_data(paper, number, having="speeds")
    columns = tuple(_column(key, found) for key, found in data["speeds"].items())
    records = list(csv.DictReader(text_of(data["rows"]).splitlines()))
    # Rows are divided by the first of the table, or by the first of their backbone.
    by = data.get("compared_within", "")
    firsts: dict[str, str] = {}
    for record in records:
        firsts.setdefault(record.get(by, ""), record["row"])
    rows = tuple(_row(record, columns, firsts[record.get(by, "")]) for record in records)
    return PublishedSpeeds(
        source=source,
        of=data["of"].strip(),
        heading=data.get("heading", "Model"),
        image_size=data["input_shape"][-1],
        num_classes=data["num_classes"],
        choices=data.get("measured_as", "").strip(),
        columns=columns,
        rows=rows,
        added=tuple(_row(record, (), rows[0].name) for record in data.get("added", ())),
        claims=tuple(
            Claim(
                row=claim["row"],
                than=claim["than"],
                least=Decimal(claim["least"]),
                most=Decimal(claim["most"]),
            )
            for claim in data.get("claims", ())
        ),
    )


def _column(key: str, found: dict[str, Any]) -> Column:
    how: Calls | Epochs | None = None
    if "call" in found:
        call = found["call"]
        how = Calls(
            direction=Direction(call["direction"]),
            batch=call["batch"] // call.get("devices", 1),
            device=call.get("device", ""),
        )
    elif "epoch" in found:
        epoch = found["epoch"]
        how = Epochs(
            dataset=epoch["dataset"],
            recipe=epoch["recipe"],
            phase=Phase(epoch["phase"]),
            batch=epoch["batch"],
        )
    return Column(key=key, title=found["title"], unit=Unit(found["unit"]), how=how)


def _row(record: Mapping[str, str], columns: tuple[Column, ...], first: str) -> Row:
    return Row(
        name=record["row"],
        host=record["host"],
        implementation=record["implementation"],
        slot=record.get("slot", ""),
        mode=Mode(record.get("mode", Mode.EAGER)),
        beside=record.get("beside", ""),
        first=first,
        printed=MappingProxyType({each.key: Decimal(record[each.key]) for each in columns if record[each.key]}),
    )
