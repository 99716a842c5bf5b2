"""A run -> typed charts, and these as one specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from reporting.charts.chart import Scatter, Span
from reporting.charts.files import chart_file
from reporting.charts.of_quantities import against, ratios
from reporting.charts.of_run import charts
from reporting.charts.points import points
from reporting.charts.to_vega import specification
from results.records import Complexity, Count, Measured, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Outcome, Run


def sizes(case: Case, macs: int) -> Measured:
    count = Count(rule="fvcore", unit=Unit.MAC, total=macs, by_operator=())
    return Measured(case=replace(case, suite="complexity"), result=Complexity(parameters=10, counts=(count,)))


@pytest.fixture
def outcomes(host: Case, make_measured: Callable[..., Measured]) -> tuple[Outcome, ...]:
    """Return three networks: the plain one is smallest, ``fast`` is fastest, ``bad`` is neither."""
    fast, bad = (replace(host, implementation=name, slot="conv") for name in ("fast", "bad"))
    return (
        sizes(host, 1_000_000),
        sizes(fast, 2_000_000),
        sizes(bad, 3_000_000),
        make_measured(host, 0.004),
        make_measured(fast, 0.002),
        make_measured(bad, 0.003),
    )


@pytest.fixture
def run(outcomes: tuple[Outcome, ...], make_run: Callable[..., Run]) -> Run:
    return make_run(*outcomes)


def test_a_time_is_joined_with_the_sizes_of_its_network(run: Run) -> None:
    """In the units of the axes; whatever suite measured them."""
    chart = against(points(run), "macs", "latency")
    assert isinstance(chart, Scatter)
    assert [(dot.series, dot.x.value, dot.y) for dot in chart.dots] == [
        ("(none)", 1.0, Span(value=4.0, low=4.0, high=4.0)),
        ("fast", 2.0, Span(value=2.0, low=2.0, high=2.0)),
        ("bad", 3.0, Span(value=3.0, low=3.0, high=3.0)),
    ]


def test_the_front_has_what_nothing_else_has_less_of_both_of(run: Run) -> None:
    """``bad`` takes longer than ``fast`` and more multiply-adds."""
    chart = against(points(run), "macs", "latency")
    assert isinstance(chart, Scatter)
    assert [dot.series for dot in chart.dots if dot.unbeaten] == ["(none)", "fast"]


def test_ratios_leave_out_the_baseline(run: Run) -> None:
    """Which is once itself."""
    chart = ratios(points(run))
    assert chart is not None
    assert [(bar.row, bar.x.value) for bar in chart.bars] == [("fast", 0.5), ("bad", 0.75)]
    assert chart.x.mark == 1.0


def test_nothing_is_drawn_of_what_was_not_measured(run: Run) -> None:
    """No memory, no chart of bytes."""
    assert against(points(run), "bytes", "latency") is None
    assert [chart.name for chart in charts(run)] == ["ratios", "latency-macs", "attaching"]


def test_a_run_without_outcomes_has_no_charts(make_run: Callable[..., Run], host: Case) -> None:
    """And is no error."""
    assert charts(make_run(pending=(host,))) == ()


def test_an_interval_is_in_the_data_of_the_specification(
    host: Case, make_run: Callable[..., Run], make_samples: Callable[..., Any]
) -> None:
    """Both ends, in the axis's unit."""
    from results.records import Latency

    samples = make_samples([0.001 * (1 + step / 100) for step in range(24)])
    counted = sizes(host, 1_000_000)
    chart = against(points(make_run(counted, Measured(case=host, result=Latency(samples=samples)))), "macs", "latency")
    assert chart is not None
    (row,) = specification(chart)["data"]["values"]
    assert row["y"] == pytest.approx(1.115)
    assert row["low_y"] < row["y"] < row["high_y"]
    assert row["words"].startswith("(none): median latency of a call (ms) 1.115 [")


@pytest.mark.parametrize(
    ("ending", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".json", b"{")]
)
def test_a_chart_is_written_without_a_browser(run: Run, ending: str, start: bytes) -> None:
    """As each kind of file."""
    chart = against(points(run), "macs", "latency")
    assert chart is not None
    assert chart_file(chart, ending).startswith(start)
