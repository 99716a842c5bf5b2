"""Points -> charts: one quantity against another, over batch sizes, by direction, in terms of the baseline."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from .chart import Axis, Bar, Dot, Intervals, Lines, Scatter, Span
from .panels import any_batch, any_direction, panels
from .quantities import BATCH, LATENCY, QUANTITIES, RATIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .points import Point

INTERVAL_WORDS = "whiskers: 95% intervals"
FRONT_WORDS = "line: no other has less of both, by the values drawn"
#: The ratio of the baseline to itself.
ITSELF = Span(value=1.0, low=1.0, high=1.0)
FEWEST = 2
#: The largest over the smallest value from which on an axis is logarithmic.
WIDE = 8


def against(found: Iterable[Point], x: str, y: str) -> Scatter | Lines | None:
    """Return one quantity against another, a panel for what can be compared; over batch sizes, as lines.

    Args:
        found: the points of a run.
        x: a name of QUANTITIES.
        y: another.

    Returns:
        None where no point has both.

    """
    both = [point for point in found if {x, y} <= point.known.keys()]
    if not both:
        return None
    return _over_batches(both, y) if x == BATCH else _scatter(both, x, y)


def _scatter(both: Sequence[Point], x: str, y: str) -> Scatter:
    where = panels(point.case for point in both)
    across, up = QUANTITIES[x], QUANTITIES[y]
    wide = {name: is_wide((where.titles[point.case], point.known[name].value) for point in both) for name in (x, y)}
    dots = [_dot(point, where.titles[point.case], where.names[point.case], x, y) for point in both]
    return Scatter(
        name=f"{y}-{x}",
        title=f"{up.words} against {across.words}".capitalize(),
        subtitle=joined(where.shared, INTERVAL_WORDS, FRONT_WORDS),
        x=Axis(title=across.axis, mark=across.mark, log=wide[x]),
        y=Axis(title=up.axis, mark=up.mark, log=wide[y]),
        dots=tuple(_with_front(dots)),
    )


def _over_batches(both: Sequence[Point], y: str) -> Lines | None:
    sizes = sorted({point.known[BATCH].value for point in both})
    if len(sizes) < FEWEST:
        return None
    where = panels((point.case for point in both), any_batch, "batch ")
    up = QUANTITIES[y]
    return Lines(
        name=f"{y}-{BATCH}",
        title=f"{up.words} over batch size".capitalize(),
        subtitle=joined(where.shared, INTERVAL_WORDS),
        x=Axis(title=QUANTITIES[BATCH].axis, log=True, ticks=tuple(sizes)),
        y=Axis(title=up.axis, mark=up.mark, log=up.mark is None),
        dots=tuple(_dot(point, where.titles[point.case], where.names[point.case], BATCH, y) for point in both),
    )


def ratios(found: Iterable[Point]) -> Intervals | None:
    """Return the ratio to the baseline of each case that was paired with one; None where none was."""
    paired = [point for point in found if point.known.get(RATIO, ITSELF) != ITSELF]
    if not paired:
        return None
    where = panels(point.case for point in paired)
    return Intervals(
        name="ratios",
        title="Latency of each attention in terms of its baseline",
        subtitle=joined(where.shared, "median of paired samples with its 95% interval; line: as fast as the baseline"),
        x=Axis(
            title=QUANTITIES[RATIO].axis,
            mark=1.0,
            log=is_wide((where.titles[point.case], point.known[RATIO].value) for point in paired),
        ),
        bars=tuple(_bar(point, where.titles[point.case], where.names[point.case], "", RATIO) for point in paired),
    )


def directions(found: Iterable[Point]) -> Intervals | None:
    """Return forward beside backward of the same network; None where no more than one was timed."""
    timed = [point for point in found if LATENCY in point.known]
    if len({point.case.direction for point in timed}) < FEWEST:
        return None
    directed = {str(point.case.direction) for point in timed}
    where = panels((point.case for point in timed), any_direction, str(any_direction(timed[0].case).direction))
    return Intervals(
        name="directions",
        title=f"Latency by direction: {', '.join(sorted(directed))}",
        subtitle=joined(where.shared, INTERVAL_WORDS),
        x=Axis(
            title=QUANTITIES[LATENCY].axis,
            log=is_wide((where.titles[point.case], point.known[LATENCY].value) for point in timed),
        ),
        bars=tuple(
            _bar(point, where.titles[point.case], where.names[point.case], str(point.case.direction), LATENCY)
            for point in timed
        ),
    )


def is_wide(values: Iterable[tuple[str, float]]) -> bool:
    """Return whether the small ones of a panel would be one blot on an axis that is not logarithmic.

    Args:
        values: panel and value.

    """
    by_panel: dict[str, list[float]] = {}
    for panel, value in values:
        by_panel.setdefault(panel, []).append(value)
    smallest = min(min(found) for found in by_panel.values())
    return smallest > 0 and any(max(found) > WIDE * min(found) for found in by_panel.values())


def joined(*parts: str) -> str:
    """Return the parts of a subtitle that there are."""
    return "; ".join(part for part in parts if part)


def on_axis(found: Span, scale: float) -> Span:
    """Return a value in the unit of an axis."""
    low, high = (None if end is None else end / scale for end in (found.low, found.high))
    return Span(value=found.value / scale, low=low, high=high)


def span_words(found: Span, unit: str) -> str:
    """Return a value with its interval, for whoever points at it: ``median latency (ms) 1.02 [1.01, 1.03]``."""
    if found.low is None or found.high is None or found.low == found.high:
        return f"{unit} {found.value:.4g}"
    return f"{unit} {found.value:.4g} [{found.low:.4g}, {found.high:.4g}]"


def _words(point: Point, name: str) -> str:
    quantity = QUANTITIES[name]
    return span_words(on_axis(point.known[name], quantity.scale), quantity.axis)


def _dot(point: Point, panel: str, series: str, x: str, y: str) -> Dot:
    return Dot(
        panel=panel,
        series=series,
        x=on_axis(point.known[x], QUANTITIES[x].scale),
        y=on_axis(point.known[y], QUANTITIES[y].scale),
        words=f"{series}: {_words(point, y)}; {_words(point, x)}",
    )


def _bar(point: Point, panel: str, row: str, series: str, x: str) -> Bar:
    name = f"{row}, {series}" if series else row
    return Bar(
        panel=panel,
        row=row,
        series=series,
        x=on_axis(point.known[x], QUANTITIES[x].scale),
        words=f"{name}: {_words(point, x)}",
    )


def _with_front(dots: Sequence[Dot]) -> Iterator[Dot]:
    """Yield the dots, those marked of which none of their panel has less of both."""
    by_panel = sorted(dots, key=lambda dot: (dot.panel, dot.x.value, dot.y.value))
    for _, group in groupby(by_panel, key=lambda dot: dot.panel):
        lowest = float("inf")
        for dot in group:
            unbeaten = dot.y.value < lowest
            lowest = min(lowest, dot.y.value)
            yield replace(dot, unbeaten=unbeaten)
