"""``attnbench.plot``, and ``attnbench plot``: a run as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import UsageError, refuse
from results import Run, load

from .drawn_plot import Plot

if TYPE_CHECKING:
    from os import PathLike

    from reporting.charts.chart import Chart


def plot(
    run_or_folder: Run | str | PathLike[str],
    *,
    x: str | None = None,
    y: str | None = None,
    chart: str | None = None,
) -> Plot:
    """Return a chart of a run, as ``attnbench plot`` writes it. Nothing is measured.

    A notebook draws it; its ``save`` writes a file.

    Args:
        run_or_folder: a run, or the folder that it was written to.
        x: the quantity of the axis across, as ``macs``; with ``y``.
        y: the quantity of the other axis, as ``latency``.
        chart: one of the charts by name instead, as ``overflow``. Default: the first that the run gives.

    Raises:
        StoreError: not the folder of a run, or a damaged one.
        UsageError: no such quantity or chart, or the run has nothing to draw.

    """
    run = run_or_folder if isinstance(run_or_folder, Run) else load(run_or_folder)
    found = _of_quantities(run, x, y) if chart is None and (x or y) else _by_name(run, chart, x, y)
    return Plot(found)


def _of_quantities(run: Run, x: str | None, y: str | None) -> Chart:
    from reporting.charts.of_quantities import against
    from reporting.charts.points import points
    from reporting.charts.quantities import QUANTITIES

    if x is None or y is None:
        msg = f"a chart has two axes; give both --x and --y, each one of {', '.join(QUANTITIES)}"
        raise UsageError(msg)
    for name in (x, y):
        if name not in QUANTITIES:
            refuse("quantity", name, QUANTITIES)
    found = points(run)
    chart = against(found, x, y)
    if chart is None:
        lacking = [name for name in dict.fromkeys((x, y)) if not any(name in point.known for point in found)]
        suites = dict.fromkeys(QUANTITIES[name].needs for name in (lacking or (x, y)))
        what = f"no {' and no '.join(QUANTITIES[name].words for name in lacking)}" if lacking else "too little for it"
        msg = f"{run.run_id} has {what}; measure both in one run: attnbench run {' '.join(suites)} …"
        raise UsageError(msg)
    return chart


def _by_name(run: Run, name: str | None, x: str | None, y: str | None) -> Chart:
    from reporting.charts.of_run import CHARTS, charts

    if x or y:
        msg = "--chart is a chart of its own; leave out --x and --y"
        raise UsageError(msg)
    if name is not None and name not in CHARTS:
        refuse("chart", name, CHARTS)
    if name is None:
        every = charts(run)
        if not every:
            msg = f"{run.run_id} has nothing to draw: no case was measured; see: attnbench report {run.run_id}"
            raise UsageError(msg)
        return every[0]
    found = CHARTS[name](run)
    if found is None:
        possible = [key for key, draw in CHARTS.items() if draw(run) is not None]
        msg = f"{run.run_id} has nothing for the chart {name!r}; it gives {', '.join(possible) or 'none'}"
        raise UsageError(msg)
    return found
