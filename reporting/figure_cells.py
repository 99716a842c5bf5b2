"""Figures of runs -> cells: what a comparison or a history shows of a quantity."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from results.figures import BYTES, BYTES_PER_S, COUNT, INPUT, OPERATIONS, RATIO, RELATIVE, SECONDS, Figure

from .cells import Kind, Quantity
from .units import format_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .cells import Cell

#: Unit of a figure -> how it is printed; what is not here is a number with its unit behind it.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        SECONDS: Kind.SECONDS,
        BYTES: Kind.BYTES,
        BYTES_PER_S: Kind.BYTES_PER_S,
        RATIO: Kind.RATIO,
        COUNT: Kind.COUNT,
        INPUT: Kind.INPUT,
        RELATIVE: Kind.INPUT,
        **dict.fromkeys(OPERATIONS, Kind.OPERATIONS),
    }
)
#: How a difference of two is printed.
MORE: Mapping[Kind, Kind] = MappingProxyType(
    {
        Kind.BYTES: Kind.BYTES_MORE,
        Kind.COUNT: Kind.COUNT_MORE,
        Kind.INPUT: Kind.INPUT_MORE,
        Kind.OPERATIONS: Kind.OPERATIONS_MORE,
    }
)


def kind_of(figure: Figure) -> Kind:
    """Return how a figure is printed."""
    return KINDS.get(figure.unit, Kind.INPUT)


def quantity_label(figure: Figure) -> str:
    """Return what a figure is, with the unit that its cell does not have: ``parameters (M)``."""
    scale = "M" if figure.unit in OPERATIONS else "GB/s" if figure.unit == BYTES_PER_S else ""
    return f"{figure.quantity} ({scale})" if scale else figure.quantity


def plain_cell(figure: Figure, value: float | str) -> Cell:
    """Return a value of a figure's quantity, without an interval: ``8.21 ms``, ``1.033``."""
    if isinstance(value, str):
        return value
    if figure.unit == SECONDS:
        return format_seconds(value)
    return Quantity(value=value, kind=kind_of(figure), words="" if figure.unit in KINDS else figure.unit)


def figure_cell(figure: Figure) -> Cell:
    """Return a figure with half of its interval."""
    if isinstance(figure.value, str):
        return figure.value
    words = figure.words or ("" if figure.unit in KINDS else figure.unit)
    kind = kind_of(figure)
    return Quantity(value=figure.value, kind=kind, low=figure.low, high=figure.high, ends=False, words=words)
