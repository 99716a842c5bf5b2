"""Why a value is missing -> a number in its cell, and a line at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript(number: int) -> str:
    """Return a number as it stands behind a word: ``¹``, ``¹²``."""
    return str(number).translate(_SUPERSCRIPTS)


def numbered(causes: Iterable[str]) -> dict[str, str]:
    """Return cause -> its mark, in the order given; equal causes share one."""
    return {cause: superscript(number) for number, cause in enumerate(dict.fromkeys(causes), 1)}


def footnote_lines(footnotes: Mapping[str, str]) -> tuple[str, ...]:
    """Return a line for each mark: ``¹ ValueError: no``."""
    return tuple(f"{mark} {cause}" for cause, mark in footnotes.items())
