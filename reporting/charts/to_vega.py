"""Chart -> Vega-Lite: one specification for files and for the page."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import TYPE_CHECKING, Any, assert_never

from .chart import Heat, Intervals, Lines, Scatter
from .theme import COLOURS, DASHES, NEUTRAL, SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altair import Chart as Drawn

    from .chart import Axis, Bar, Chart, Dot, Span

#: Of a panel, in pixels.
WIDTH, HEIGHT, ROW, TILE = 320, 240, 20, 92
COLUMNS = 2
#: Characters of a line below the title: a longer one makes the picture wider than its panel.
SUBTITLE = 64
#: Ten to this power, and whatever is beyond, has the brightest shade: float16 ends there.
BRIGHTEST = 5
TICKS = 6
#: More series than this are not told apart by colour: the unbeaten ones are named instead.
MOST_COLOURS = len(COLOURS)


def specification(chart: Chart) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, with its data."""
    match chart:
        case Scatter():
            return _finished(chart, _scatter(chart), [*map(_dot_row, chart.dots)])
        case Lines():
            return _finished(chart, _lines(chart), [*map(_dot_row, chart.dots)])
        case Intervals():
            return _finished(chart, _intervals(chart), [_bar_row(bar) for bar in chart.bars])
        case Heat():
            rows = [
                {
                    "panel": t.panel,
                    "row": t.row,
                    "column": t.column,
                    "shade": t.shade,
                    "label": t.label,
                    "words": t.words,
                }
                for t in chart.tiles
            ]
            return _finished(chart, _heat(chart), rows)
        case _:
            assert_never(chart)


def _finished(chart: Chart, layers: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    import altair as alt

    titles = [row["panel"] for row in rows]
    series = sorted({row["series"] for row in rows if "series" in row})
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(series)}
    rows = [row | ({"colour": colours[row["series"]]} if "series" in row else {}) for row in rows]
    title = alt.TitleParams(text=chart.title, subtitle=wrap(chart.subtitle, SUBTITLE), anchor="start")
    data = alt.InlineData(values=rows)
    several = len(set(titles)) > 1
    if not several:
        drawn: Any = layers.properties(data=data, title=title)
    else:
        # Each panel has a scale of its own: what stands in different ones is not compared.
        facet = alt.Facet(
            "panel:N", title=None, sort=list(dict.fromkeys(titles)), header=alt.Header(labelAnchor="start")
        )
        drawn = (
            layers.facet(facet, columns=1 if isinstance(chart, Heat) else COLUMNS, data=data, title=title)
            .resolve_scale(x="independent", y="independent")
            .resolve_axis(x="independent", y="independent")
        )
    spec: dict[str, Any] = drawn.to_dict()
    # Altair puts the data elsewhere, under the name of its digest; the page reads it here.
    spec.pop("datasets", None)
    return spec | {"data": {"values": rows}, "description": f"{chart.title}. {chart.subtitle}."}


def _scatter(chart: Scatter) -> Any:
    import altair as alt

    base = alt.Chart()
    x, y = _x(chart.x), _y(chart.y)
    front = base.mark_line(color=NEUTRAL, strokeDash=[4, 3], interpolate="step-after").encode(x=x, y=y)
    names = base.mark_text(align="left", dx=7, dy=-6, fontSize=10)
    few = _count(dot.series for dot in chart.dots) <= MOST_COLOURS
    _, _, look = _look(dot.series for dot in chart.dots)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y, tooltip=_tooltip())
    return alt.layer(
        *_rules(chart.x, chart.y),
        front.transform_filter("datum.unbeaten"),
        *_whiskers(base, x, y),
        points.encode(**look) if few else points.encode(color=alt.value(COLOURS[0])),
        *([] if few else [names.encode(x=x, y=y, text="series:N").transform_filter("datum.unbeaten")]),
    ).properties(width=WIDTH, height=HEIGHT)


def _lines(chart: Lines) -> Any:
    import altair as alt

    base = alt.Chart()
    x, y = _x(chart.x), _y(chart.y)
    line, band, look = _look(dot.series for dot in chart.dots)
    many = _count(dot.series for dot in chart.dots) > MOST_COLOURS
    dashes = alt.Scale(range=[list(dash) for dash in DASHES])
    dash = {"strokeDash": alt.StrokeDash("series:N", scale=dashes, legend=None)} if many else {}
    ends = {"y": alt.Y("low_y:Q"), "y2": "high_y:Q"}
    return alt.layer(
        *_rules(chart.x, chart.y),
        base.mark_area(opacity=0.12).encode(x=x, **ends, **band),
        base.mark_rule().encode(x=x, **ends, **line),
        base.mark_line(strokeWidth=1.5).encode(x=x, y=y, **line, **dash),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, tooltip=_tooltip(), **look),
    ).properties(width=WIDTH, height=HEIGHT)


def _intervals(chart: Intervals) -> Any:
    import altair as alt

    base = alt.Chart()
    x = _x(chart.x)
    order = alt.EncodingSortField(field="x", op="max", order="ascending")
    y = alt.Y("row:N", title=None, sort=order)
    series = {bar.series for bar in chart.bars}
    plain = {"color": alt.value(COLOURS[0])}
    line, _, look = _look(series) if len(series) > 1 else (plain, {}, plain)
    rows = max(Counter(panel for panel, _ in {(bar.panel, bar.row) for bar in chart.bars}).values(), default=1)
    return alt.layer(
        *_rules(chart.x),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", y=y, **line),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, tooltip=_tooltip(), **look),
    ).properties(width=WIDTH, height=max(rows, 2) * ROW)


def _heat(chart: Heat) -> Any:
    import altair as alt

    base = alt.Chart()
    columns = list(dict.fromkeys(tile.column for tile in chart.tiles))
    rows = list(dict.fromkeys(tile.row for tile in chart.tiles))
    x = alt.X("column:N", title=None, sort=columns, axis=alt.Axis(labelAngle=-35, orient="top"))
    y = alt.Y("row:N", title=None, sort=rows)
    colour = alt.Color(
        "shade:Q",
        title=chart.shade.title,
        scale=alt.Scale(scheme="viridis", domain=[0, BRIGHTEST], clamp=True),
        legend=alt.Legend(orient="bottom"),
    )
    bright = alt.condition(
        f"isValid(datum.shade) && datum.shade < {0.6 * BRIGHTEST}", alt.value("white"), alt.value("black")
    )
    return alt.layer(
        base.mark_rect(color="#e8e8e8").encode(x=x, y=y, tooltip=_tooltip()),
        base.mark_rect().encode(x=x, y=y, color=colour, tooltip=_tooltip()).transform_filter("isValid(datum.shade)"),
        base.mark_text(fontSize=9).encode(x=x, y=y, text="label:N", color=bright, tooltip=_tooltip()),
    ).properties(width=TILE * max(len(columns), 1), height=ROW * max(len(rows), 2))


def _whiskers(base: Drawn, x: Any, y: Any) -> Iterable[Drawn]:
    import altair as alt

    up = base.mark_rule(color=NEUTRAL).encode(x=x, y=alt.Y("low_y:Q"), y2="high_y:Q")
    across = base.mark_rule(color=NEUTRAL).encode(x=alt.X("low:Q"), x2="high:Q", y=y)
    return (up, across)


def _rules(x: Axis, y: Axis | None = None) -> list[Drawn]:
    import altair as alt

    drawn = []
    if x.mark is not None:
        drawn.append(alt.Chart().mark_rule(color=NEUTRAL).encode(x=alt.datum(x.mark)))
    if y is not None and y.mark is not None:
        drawn.append(alt.Chart().mark_rule(color=NEUTRAL).encode(y=alt.datum(y.mark)))
    return drawn


def _x(axis: Axis) -> Any:
    import altair as alt

    return alt.X("x:Q", title=axis.title, scale=_scale(axis), axis=_ticks(axis))


def _y(axis: Axis) -> Any:
    import altair as alt

    return alt.Y("y:Q", title=axis.title, scale=_scale(axis), axis=_ticks(axis))


def _ticks(axis: Axis) -> Any:
    import altair as alt

    if axis.ticks:
        return alt.Axis(values=list(axis.ticks), format="~r")
    # So many digits that neighbours differ: the format of the scale itself, short of a logarithm's.
    form: dict[str, Any] = {"format": "~g"} if axis.log else {}
    return alt.Axis(tickCount=TICKS, labelOverlap=True, **form)


def _scale(axis: Axis) -> Any:
    import altair as alt

    return alt.Scale(type="log", nice=False, padding=14) if axis.log else alt.Scale(zero=False, padding=14)


def _look(series: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the look of lines, of bands, and of points, whose shape tells what their colour tells.

    Lines and bands take the colours as they are: with a scale they would make a second legend, without shapes.
    """
    import altair as alt

    names = sorted(set(series))
    colours, shapes = (alt.Scale(domain=names, range=list(found)) for found in (COLOURS, SHAPES))
    legend = alt.Legend(orient="bottom", columns=5)
    return (
        {"stroke": alt.Stroke("colour:N", scale=None)},
        {"fill": alt.Fill("colour:N", scale=None)},
        {
            "color": alt.Color("series:N", title=None, scale=colours, legend=legend),
            "shape": alt.Shape("series:N", title=None, scale=shapes, legend=legend),
        },
    )


def _tooltip() -> Any:
    import altair as alt

    return alt.Tooltip("words:N", title=" ")


def _count(names: Iterable[str]) -> int:
    return len(set(names))


def _dot_row(dot: Dot) -> dict[str, Any]:
    return {
        "panel": dot.panel,
        "series": dot.series,
        "unbeaten": dot.unbeaten,
        "words": dot.words,
        **_ends(dot.x),
        **{f"{name}_y" if name != "x" else "y": end for name, end in _ends(dot.y).items()},
    }


def _bar_row(bar: Bar) -> dict[str, Any]:
    return {"panel": bar.panel, "row": bar.row, "series": bar.series, "words": bar.words, **_ends(bar.x)}


def _ends(found: Span) -> dict[str, float]:
    """Return the value and both ends of its interval; without one they are the value: nothing is drawn of that length.

    Every row has them: of a field that no row has, Vega can make no scale.
    """
    if found.low is None or found.high is None:
        return {"x": found.value, "low": found.value, "high": found.value}
    return {"x": found.value, "low": found.low, "high": found.high}
