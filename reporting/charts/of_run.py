"""The table of charts: what a run can be shown as, each by its name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from .of_networks import attaching, curves
from .of_numerics import errors, overflow
from .of_quantities import against, directions, ratios
from .points import points
from .quantities import BATCH, BYTES, LATENCY, MACS, PEAK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from results.records import Run

    from .chart import Chart

#: In the order of a page. None: the run has nothing to draw.
CHARTS: Mapping[str, Callable[[Run], Chart | None]] = MappingProxyType(
    {
        "ratios": lambda run: ratios(points(run)),
        f"{LATENCY}-{MACS}": lambda run: against(points(run), MACS, LATENCY),
        f"{LATENCY}-{BYTES}": lambda run: against(points(run), BYTES, LATENCY),
        f"{LATENCY}-{BATCH}": lambda run: against(points(run), BATCH, LATENCY),
        f"{PEAK}-{BATCH}": lambda run: against(points(run), BATCH, PEAK),
        "directions": lambda run: directions(points(run)),
        "attaching": attaching,
        "overflow": overflow,
        "errors": errors,
        "training": curves,
    }
)


def charts(run: Run) -> tuple[Chart, ...]:
    """Return all charts that a run gives."""
    found = (draw(run) for draw in CHARTS.values())
    return tuple(chart for chart in found if chart is not None)
