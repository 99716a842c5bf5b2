"""What attaching costs, and what is learned -> charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.learning import spread
from results.records import Training
from results.variants import by_network

from .. import describe
from ..marginal_tables import costs
from .chart import Axis, Bar, Dot, Intervals, Lines, Span
from .of_quantities import joined, on_axis, span_words
from .panels import panels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Block, Case, Run

ADDED = "more than the plain network (ms a call)"
MS = 1e-3
MOST_TICKS = 12


def attaching(run: Run) -> Intervals | None:
    """Return how much longer each network takes with an attention than without; None where none was paired."""
    found = [cost for group in costs(run).values() for cost in group if cost.added is not None]
    if not found:
        return None
    where = panels(cost.case for cost in found)
    bars = []
    for cost in found:
        added = cost.added
        if added is None:
            continue
        span = on_axis(Span(value=added.seconds, low=added.low_s, high=added.high_s), MS)
        bars.append(
            Bar(
                panel=where.titles[cost.case],
                row=cost.label,
                series="",
                x=span,
                words=f"{cost.label}: {span_words(span, ADDED)}",
            )
        )
    return Intervals(
        name="attaching",
        title="What attaching an attention costs, by network",
        subtitle=joined(where.shared, "median of paired differences with its 95% interval; line: no cost"),
        x=Axis(title=ADDED, mark=0.0),
        bars=tuple(bars),
    )


def curves(run: Run) -> Lines | None:
    """Return the test accuracy of each network epoch by epoch; None where none was trained."""
    dots = [dot for block in run.index.blocks_with(Training) for dot in _curve_dots(run, block)]
    if not dots:
        return None
    epochs = tuple(sorted({dot.x.value for dot in dots}))
    single = all(dot.y.low is None for dot in dots)
    return Lines(
        name="training",
        title="Test accuracy over the epochs of training",
        subtitle="one seed: no interval is known" if single else "mean over seeds; whiskers: 95% intervals of the mean",
        x=Axis(title="epoch", ticks=epochs if len(epochs) <= MOST_TICKS else ()),
        y=Axis(title="test accuracy (%)"),
        dots=tuple(dots),
    )


def _curve_dots(run: Run, block: Block) -> Iterator[Dot]:
    networks = by_network(block)
    names = describe.labels(list(networks))
    for network, cases in networks.items():
        trained = list(run.index.results(cases, Training).values())
        for epoch in range(max((len(each.curve) for each in trained), default=0)):
            found = spread([each.curve[epoch].test_accuracy for each in trained if epoch < len(each.curve)])
            span = on_axis(Span(value=found.mean, low=found.low, high=found.high), 0.01)
            yield Dot(
                panel=_panel(network),
                series=names[network],
                x=Span(value=float(epoch + 1)),
                y=span,
                words=f"{names[network]}, epoch {epoch + 1}: {span_words(span, 'test accuracy (%)')}",
            )


def _panel(case: Case) -> str:
    return ", ".join(map(str, case.input.title(case.host, case.direction)))
