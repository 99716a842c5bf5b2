"""CSV files -> rows of the registry."""

from __future__ import annotations

import csv
from importlib.util import resolve_name
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..host import HostSpec
from ..spec import Family, Origin, Spec, parse_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..spec import Option

#: This package, under whatever name it was imported: another version of it may lie beside it.
PACKAGE = __package__.rpartition(".")[0]

#: Word in the column ``traits`` -> the fields of a Spec that say it.
TRAITS: dict[str, dict[str, Any]] = {"": {}, "sized": {"sized": True}, "sums_below_1": {"sums_to_one": False}}

#: What fits into a slot follows from its name, which means the same in all backbones; into all others fits a gate.
FITTING = {
    "spatial_conv": Family.BRANCH,
    "activation": Family.ACTIVATION,
    "attention": Family.MIXER,
    "attention_even": Family.MIXER,
    "attention_odd": Family.MIXER,
}
#: Set of slots -> their names; the first that fits a family is its default.
SLOTS = {
    "chain": "block_output after_spatial stage_output spatial_conv",
    "mobile": "block_output after_spatial stage_output spatial_conv spatial_output",
    # The attention that the network has is the first to be replaced.
    "attended_mobile": "squeeze_excite block_output after_spatial stage_output spatial_conv spatial_output",
    # The slot of the PSK paper comes first.
    "psk_mobile": "after_spatial block_output stage_output spatial_conv spatial_output",
    "residual": "block_output pre post identity stage_output spatial_conv after_spatial",
    # What stands in ``spatial_conv`` has no place between a BN and an activation.
    "occupied_residual": "block_output pre post identity stage_output spatial_conv",
    "felu_net": "activation squeeze_excite",
    "transformer": "attention",
    # Blocks take turns: windows and shifted windows.
    "alternating_transformer": "attention attention_even attention_odd",
}
#: Set of images -> the fields of a HostSpec that say what it is made for.
IMAGES = {
    "imagenet": {"image_size": 224, "in_channels": 3, "num_classes": 1000},
    "imagenet256": {"image_size": 256, "in_channels": 3, "num_classes": 1000},
    "cifar100": {"image_size": 32, "in_channels": 3, "num_classes": 100},
    "digits": {"image_size": 28, "in_channels": 1, "num_classes": 10},
}


def read(file: str) -> str:
    """Return the text of one of the tables."""
    return (Path(__file__).parent / file).read_text(encoding="utf-8")


def implementations(text: str) -> tuple[Spec, ...]:
    """Return the implementations of a table.

    Raises:
        KeyError: a column is missing, or there is no such trait.
        ValueError: a line has not one cell a column, or there is no such family, or an option is not one.

    """
    return tuple(
        Spec(
            name=line["name"],
            family=Family(line["family"]),
            summary=line["summary"],
            factory=resolve_name(line["factory"], PACKAGE),
            paper=line["paper"],
            options=_options(line["options"]),
            origin=Origin.OURS,
            **TRAITS[line["traits"]],
        )
        for line in _lines(text)
    )


def hosts(text: str, known: Iterable[Spec]) -> tuple[HostSpec, ...]:
    """Return the backbones of a table, whose slots may be occupied by known implementations.

    Raises:
        KeyError: a column is missing, or there is no such set of slots or images, or no such implementation.
        ValueError: a line has not one cell a column, or an option is not one.

    """
    specs = {spec.name: spec for spec in known}
    return tuple(
        HostSpec(
            name=line["name"],
            summary=line["summary"],
            factory=resolve_name(line["factory"], PACKAGE),
            slots=MappingProxyType({slot: FITTING.get(slot, Family.GATE) for slot in SLOTS[line["slots"]].split()}),
            stages=tuple(line["stages"].split()),
            paper=line["paper"],
            options=_options(line["options"]),
            occupants=MappingProxyType(dict(_occupant(each, specs) for each in line["occupants"].split())),
            origin=Origin.OURS,
            **IMAGES[line["images"]],
        )
        for line in _lines(text)
    )


def _lines(text: str) -> list[dict[str, str]]:
    """Return column -> cell of every line but the first, which names the columns, and remarks, which begin with #."""
    columns, *lines = csv.reader((line for line in text.splitlines() if not line.startswith("#")), strict=True)
    return [dict(zip(columns, cells, strict=True)) for cells in lines]


def _options(text: str) -> Mapping[str, Option]:
    return MappingProxyType(parse_options(text))


def _occupant(text: str, specs: Mapping[str, Spec]) -> tuple[str, Spec]:
    slot, _, name = text.partition("=")
    base, _, options = name.partition(":")
    return slot, specs[base].with_options(parse_options(options))
