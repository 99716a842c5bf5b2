"""Chart -> the bytes of a file: SVG, PNG, PDF, the specification itself, or its figures. No browser is needed."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .theme import PAPER
from .to_rows import chart_csv
from .to_vega import specification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .chart import Chart

#: Pixels of a PNG to one of the chart.
PNG_SCALE = 2


def _svg(chart: Chart) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_svg(_styled(chart)).encode()


def _png(chart: Chart) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_png(_styled(chart), scale=PNG_SCALE)


def _pdf(chart: Chart) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_pdf(_styled(chart))


def _json(chart: Chart) -> bytes:
    return (json.dumps(_styled(chart), indent=1) + "\n").encode()


def _csv(chart: Chart) -> bytes:
    return chart_csv(chart).encode()


def _styled(chart: Chart) -> dict[str, Any]:
    return specification(chart) | {"config": dict(PAPER)}


#: Ending of a file -> what writes it.
CHART_FILES: Mapping[str, Callable[[Chart], bytes]] = MappingProxyType(
    {".svg": _svg, ".png": _png, ".pdf": _pdf, ".json": _json, ".csv": _csv}
)


def chart_file(chart: Chart, ending: str) -> bytes:
    """Return a chart as a file.

    Args:
        chart: what to draw.
        ending: one of CHART_FILES, as ``.svg``; ``.json`` is the Vega-Lite specification, ``.csv`` the figures.

    Raises:
        KeyError: there is no such kind of file.

    """
    return CHART_FILES[ending](chart)
