"""Figures that papers print, with their source: data files, and the loader that types them.

Printed figures are kept as decimals, so that ``93.10`` keeps the digits it was printed with.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..conventions import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Every paper has its tables in ``NAME.toml``.
PAPERS = (
    "psk",
    "senet",
    "sknet",
    "resnest",
    "bam",
    "cbam",
    "eca",
    "triplet",
    "coordinate",
    "simam",
    "nam",
    "felu",
    "gcnet",
    "torchvision",
    "hubhop",
    "swin",
    "twins",
    "pvtv2",
    "deit3",
    "cait",
    "levit",
    "pit",
    "mvitv2",
    "maxvit",
    "deepseek",
    "flash",
)


class PublishedError(ValueError):
    """No such paper, or no such table in it; the message names those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a table was printed."""

    paper: str
    """Its name among ``PAPERS``."""
    short: str
    citation: str
    reference: str
    """Of the paper, as ``doi:...`` or ``arXiv:...``."""
    table: int
    """Its number; where the source has none, one of ours."""
    place: str
    """Where it stands: ``Table 2``, or a file of the authors' repository."""
    subject: str
    """What the table is about, in a word or two of ours."""
    caption: str
    """The paper's own words, if it has any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One row of a table of models, as printed, and the network it stands for."""

    name: str
    host: str
    """By its name in the registry; empty: it is not built here."""
    implementation: str
    """By its name in the registry, with options; empty: the plain backbone."""
    slot: str
    """With stages; empty: the backbone's first that fits."""
    image_size: int
    """Of the network's input, height and width."""
    attention: str
    """The paper's name for it, where rows are compared."""
    normalizer: str
    """Empty where the model has none."""
    alternative: str
    """Another implementation that the paper's words allow; empty if there is none."""
    printed: Mapping[str, Decimal]
    """By column: the metrics' and the others', where the paper prints a figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTable:
    """A table of models: what can be counted again, and accuracies and speeds, which cannot."""

    source: Source
    input_shape: tuple[int, ...]
    num_classes: int
    metrics: tuple[Metric, ...]
    as_published: Mapping[str, str]
    """Column -> title with unit, of what is not measured again."""
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


class Kind(StrEnum):
    """What a table is of."""

    COUNTS = "counts"
    """Parameters and operations, which are counted again."""
    WINS = "wins"
    """How often one kind of model was above another."""
    SPEEDS = "speeds"
    """Times, or images a second, alone. A table of counts may have speeds too: see ``has_speeds``."""
    ACCURACIES = "accuracies"
    """Of trained networks, alone."""


#: What only a table of this kind has in its paper's file; the first that fits decides.
_KINDS = {
    "metrics": Kind.COUNTS,
    "challenger": Kind.WINS,
    "speeds": Kind.SPEEDS,
    "accuracies": Kind.ACCURACIES,
}


def load_table(paper: str, number: int) -> PublishedTable:
    """Load a table of models.

    Raises:
        PublishedError: there is no such paper, or no such table of models in it.

    """
    source, data = table_data(paper, number, having="metrics")
    metrics = tuple(Metric(name) for name in data["metrics"])
    columns = (*metrics, *data.get("as_published", {}))
    return PublishedTable(
        source=source,
        input_shape=tuple(data["input_shape"]),
        num_classes=data["num_classes"],
        metrics=metrics,
        as_published=MappingProxyType(data.get("as_published", {})),
        choices=data.get("choices", "").strip(),
        rows=tuple(
            _row(record, columns, data["input_shape"][-1])
            for record in csv.DictReader(text_of(data["rows"]).splitlines())
        ),
    )


def load_wins(paper: str, number: int) -> PublishedWins:
    """Load a table of comparisons.

    Raises:
        PublishedError: there is no such paper, or no such table of comparisons in it.

    """
    source, data = table_data(paper, number, having="challenger")
    return PublishedWins(
        source=source,
        challenger=data["challenger"],
        reference=data["reference"],
        outperforming=data["outperforming"],
        underperforming=data["underperforming"],
    )


def kind_of(paper: str, number: int) -> Kind:
    """Return what a table is of.

    Raises:
        PublishedError: there is no such paper, or no such table in it.

    """
    data = _document(paper)["tables"].get(str(number))
    if data is None:
        msg = f"unknown table {number} of {paper!r}; choose from {', '.join(map(str, table_numbers(paper)))}"
        raise PublishedError(msg)
    return next(kind for key, kind in _KINDS.items() if key in data)


def has_speeds(paper: str, number: int) -> bool:
    """Return whether a table has times, or images a second, alone or beside counts.

    Raises:
        PublishedError: there is no such paper.

    """
    return "speeds" in _document(paper)["tables"].get(str(number), {})


def sources(paper: str) -> tuple[Source, ...]:
    """Return where the paper's tables that can be printed again stand.

    Raises:
        PublishedError: there is no such paper.

    """
    document = _document(paper)
    return tuple(_source(document, data, paper, int(number)) for number, data in document["tables"].items())


def table_numbers(paper: str) -> tuple[int, ...]:
    """Return the numbers of the paper's tables that can be printed again.

    Raises:
        PublishedError: there is no such paper.

    """
    return tuple(source.table for source in sources(paper))


def _document(paper: str) -> dict[str, Any]:
    if paper not in PAPERS:
        msg = f"unknown paper {paper!r}; choose from {', '.join(PAPERS)}"
        raise PublishedError(msg)
    return tomllib.loads(text_of(f"{paper}.toml"))


def text_of(name: str) -> str:
    """Return the text of a file beside this one."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def table_data(paper: str, number: int, *, having: str) -> tuple[Source, dict[str, Any]]:
    """Return where a table that has this key stands, and what its paper's file says of it.

    Raises:
        PublishedError: there is no such paper, or no such table in it.

    """
    document = _document(paper)
    fitting = {int(key): data for key, data in document["tables"].items() if having in data}
    if number not in fitting:
        msg = f"unknown table {number} of {paper!r}; choose from {', '.join(map(str, fitting))}"
        raise PublishedError(msg)
    return _source(document, fitting[number], paper, number), fitting[number]


def _source(document: dict[str, Any], data: dict[str, Any], paper: str, number: int) -> Source:
    return Source(
        paper=paper,
        short=document["short"],
        citation=document["citation"],
        reference=document["reference"],
        table=number,
        place=data.get("place", f"Table {number}"),
        subject=data["subject"],
        caption=data.get("caption", ""),
    )


def _row(record: dict[str, str], columns: tuple[str, ...], image_size: int) -> PublishedRow:
    return PublishedRow(
        name=record["row"],
        host=record["host"],
        implementation=record["implementation"],
        slot=record["slot"],
        image_size=int(record.get("image_size") or image_size),
        attention=record.get("attention", ""),
        normalizer=record.get("normalizer", ""),
        alternative=record.get("alternative", ""),
        printed=MappingProxyType({column: Decimal(record[column]) for column in columns if record[column]}),
    )
