"""The table of formats: sections and tables as text."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from .extras import require_extra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporting.document import Document

#: Format -> the renderer of sections and tables, as ``module:function``: imported when it is asked for.
DOCUMENT_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "md": "reporting.to_markdown:document_markdown",
        "html": "reporting.page.to_html:document_html",
        "tex": "reporting.to_latex:document_latex",
        "json": "reporting.to_json:document_json",
    }
)
#: Those that have room for charts and for every case.
DETAILED = frozenset({"html"})
#: Format -> the packages that it needs, and the extra that installs them.
NEEDED = {"html": ("altair", "vl_convert", "jinja2")}
MARKDOWN, CSV = "md", "csv"


def document_text(document: Document, format: str) -> str:  # noqa: A002 - as the option
    """Return sections and tables as text.

    Args:
        document: of a run, a comparison, a history.
        format: one of DOCUMENT_FORMATS.

    """
    require_extra(NEEDED.get(format, ()))
    module, _, name = DOCUMENT_FORMATS[format].partition(":")
    text: str = getattr(import_module(module), name)(document)
    return text


def markdown_text(document: Document, width: int | None) -> str:
    """Return sections and tables as Markdown.

    Args:
        document: as for ``document_text``.
        width: of the terminal that they must fit, in characters; None: it goes to a file or another program.

    """
    if width is None:
        return document_text(document, MARKDOWN)
    from reporting.to_terminal import document_terminal

    return document_terminal(document, width)
