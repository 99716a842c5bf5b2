"""The paragraphs of a document, which are in Markdown -> the tokens of a Markdown parser, for other formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: What ``to_markdown`` sets between the two sides of what GitHub would make a link; nothing else may.
_APART = re.compile(r"(?<!\\)<!-- -->")


def parsed(paragraph: str) -> list[Token]:
    """Return the tokens of a paragraph; HTML in it is text."""
    return _parser().parse(_APART.sub("", paragraph))


def as_html(paragraph: str) -> str:
    """Return a paragraph as HTML; HTML in it is text."""
    text: str = _parser().render(_APART.sub("", paragraph))
    return text


def _parser() -> MarkdownIt:
    # Imported now: only some formats need it.
    from markdown_it import MarkdownIt

    # No images: a page asks for nothing from elsewhere.
    return MarkdownIt("commonmark", {"html": False}).disable("image")
