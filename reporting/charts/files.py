"""Chart -> the bytes of a file: SVG, PNG, PDF or the specification itself. No browser is needed."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .theme import PAPER
from .to_vega import specification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .chart import Chart

#: Pixels of a PNG to one of the chart.
PNG_SCALE = 2


def _svg(spec: dict[str, Any]) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_svg(spec).encode()


def _png(spec: dict[str, Any]) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_png(spec, scale=PNG_SCALE)


def _pdf(spec: dict[str, Any]) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_pdf(spec)


#: Ending of a file -> what writes it.
CHART_FILES: Mapping[str, Callable[[dict[str, Any]], bytes]] = MappingProxyType(
    {
        ".svg": _svg,
        ".png": _png,
        ".pdf": _pdf,
        ".json": lambda spec: (json.dumps(spec, indent=1) + "\n").encode(),
    }
)


def chart_file(chart: Chart, ending: str) -> bytes:
    """Return a chart as a file.

    Args:
        chart: what to draw.
        ending: one of CHART_FILES, as ``.svg``; ``.json`` is the Vega-Lite specification.

    Raises:
        KeyError: there is no such kind of file.

    """
    return CHART_FILES[ending](specification(chart) | {"config": dict(PAPER)})
