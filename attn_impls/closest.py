"""The name that somebody may have meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def closest(given: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like what was given, upper and lower case alike; None: none is."""
    by_case = {name.casefold(): name for name in reversed(tuple(names))}
    close = difflib.get_close_matches(given.casefold(), tuple(reversed(by_case)), n=1)
    return by_case[close[0]] if close else None
