"""What a chart is made of: marks with intervals on axes with units. Renderers draw them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value in the unit of its axis, with both ends of its interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A numeric axis."""

    title: str
    """With the unit."""
    log: bool = False
    mark: float | None = None
    """Where a line is drawn across: a ratio of 1, a difference of 0."""
    ticks: tuple[float, ...] = ()
    """Where the values are few and known, as batch sizes are: those alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One thing at two values."""

    panel: str
    series: str
    x: Span
    y: Span
    words: str
    """What a reader sees who points at it."""
    unbeaten: bool = False
    """No other one of the panel has less of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One value of a named row."""

    panel: str
    row: str
    series: str
    x: Span
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One cell of a map; no shade: nothing happens there."""

    panel: str
    row: str
    column: str
    shade: float | None
    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What all charts have."""

    name: str
    """For ``attnbench plot --chart``."""
    title: str
    """What is compared."""
    subtitle: str
    """What all its panels share, and what the intervals are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter(Picture):
    """Two quantities of each thing; the unbeaten are joined."""

    x: Axis
    y: Axis
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Picture):
    """A quantity over another one, a line a series."""

    x: Axis
    y: Axis
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals(Picture):
    """A value with its interval in each named row."""

    x: Axis
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat(Picture):
    """A map: rows, columns, and a shade."""

    shade: Axis
    tiles: tuple[Tile, ...]


Chart = Scatter | Lines | Intervals | Heat


def marks_of(chart: Chart) -> tuple[Dot | Bar | Tile, ...]:
    """Return what a chart draws, whatever its form."""
    match chart:
        case Scatter() | Lines():
            return chart.dots
        case Intervals():
            return chart.bars
        case Heat():
            return chart.tiles
