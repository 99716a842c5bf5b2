"""Colours and shapes that readers with any colour vision tell apart, on light and on dark."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Okabe and Ito's, without their yellow and black, which paper and screen swallow.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a8a8a")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
#: Of lines, where there are more than colours: 7 colours with 4 dashes do not repeat before the 28th.
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
NEUTRAL = "#7d7d7d"
FONT = "system-ui, 'Liberation Sans', Arial, sans-serif"


def _config(ink: str, lines: str, ground: str | None) -> dict[str, Any]:
    labels = {"labelColor": ink, "titleColor": ink, "labelLimit": 260, "titleLimit": 600}
    return {
        "background": ground,
        "font": FONT,
        "view": {"stroke": lines},
        "axis": {**labels, "gridColor": lines, "domainColor": lines, "tickColor": lines, "titleFontWeight": "normal"},
        "legend": labels,
        "header": {"labelColor": ink, "titleColor": ink, "labelFontWeight": "bold", "labelLimit": 600},
        "title": {"color": ink, "subtitleColor": ink, "fontSize": 14, "subtitlePadding": 4, "offset": 12},
        "text": {"color": ink},
        "aria": True,
    }


#: The page's colours behind it show through.
LIGHT: Mapping[str, Any] = MappingProxyType(_config("#1b1b1b", "#dcdcdc", None))
DARK: Mapping[str, Any] = MappingProxyType(_config("#ececec", "#4a4a4a", None))
PAPER: Mapping[str, Any] = MappingProxyType(_config("#1b1b1b", "#dcdcdc", "#ffffff"))
