"""Frontiers and errors -> charts: where functions fail, and how far from exact they are."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from results.numerics_rows import length_of
from results.records import Errors, Frontiers

from .. import describe
from ..units import format_value
from .chart import Axis, Dot, Heat, Lines, Span, Tile

if TYPE_CHECKING:
    from results.records import Case, Frontier, Run

NEVER = "never"


def overflow(run: Run) -> Heat | None:
    """Return at which input each function fails, by pattern; None where that was not searched."""
    found = run.index.results(run.plan.cases, Frontiers)
    if not found:
        return None
    tiles = [
        Tile(
            panel=_panel(case),
            row=_row(case),
            column=frontier.pattern,
            shade=_shade(frontier),
            label=_label(frontier),
            words=f"{_row(case)}, {frontier.pattern}: {_words(frontier)}",
        )
        for case, frontiers in found.items()
        for frontier in frontiers.patterns
    ]
    return Heat(
        name="overflow",
        title="Input from which on each function fails",
        subtitle="the failing input nearest to 0; dark: fails early; never: fine up to the dtype's largest number",
        shade=Axis(title="size of the failing input (power of 10)"),
        tiles=tuple(tiles),
    )


def errors(run: Run) -> Lines | None:
    """Return the error against float64 over the scale of the inputs; None where it was not measured."""
    found = run.index.results(run.plan.cases, Errors)
    dots = tuple(
        Dot(
            panel=", ".join((_panel(case), *_length(case))),
            series=describe.name(case),
            x=Span(value=error.scale),
            y=Span(value=error.median_ulps, low=error.median_ulps, high=error.max_ulps),
            words=f"{_row(case)}, scale {error.scale:g}: median {error.median_ulps:.3g}, worst {error.max_ulps:.3g}",
        )
        for case, errors in found.items()
        for error in errors.scales
        if error.median_ulps and error.max_ulps
    )
    if not dots:
        return None
    return Lines(
        name="errors",
        title="Error against float64 over the scale of the inputs",
        subtitle="point: median element; whisker: up to the worst one",
        x=Axis(title="standard deviation of the inputs", log=True),
        y=Axis(title="error (units in the last place)", log=True),
        dots=dots,
    )


def _panel(case: Case) -> str:
    return f"{case.dtype}, {case.direction}, {case.device}"


def _row(case: Case) -> str:
    return ", ".join((describe.name(case), *_length(case)))


def _length(case: Case) -> tuple[str, ...]:
    length = length_of(case)
    return () if length is None else (f"{length} logits",)


def _shade(frontier: Frontier) -> float | None:
    return None if frontier.threshold is None or not frontier.threshold else log10(abs(frontier.threshold))


def _label(frontier: Frontier) -> str:
    if frontier.failure is None:
        return NEVER
    return f"{'' if frontier.threshold is None else f'{frontier.threshold:.3g} '}{frontier.failure}"


def _words(frontier: Frontier) -> str:
    if frontier.failure is None or frontier.threshold is None:
        return _label(frontier)
    return f"{frontier.failure} from {format_value(frontier.threshold)}"
