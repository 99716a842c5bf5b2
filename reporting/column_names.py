"""Names that somebody wrote -> the columns that are meant."""

from __future__ import annotations

import difflib
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

#: A unit or a condition behind the words of a title: ``(M)``, ``(forward b4)``.
_BEHIND = re.compile(r"\s*\([^()]*\)\Z")
#: How a title begins that says what is divided by; the sign is on few keyboards.
DIVIDED = "÷"
RATIO = "ratio"
#: So many names that are alike are told.
NEAREST = 3
#: How alike they must be, as difflib counts; below its default, since a name may lack half of a title.
ALIKE = 0.5


class UnknownColumnError(ValueError):
    """No table has a column of this name."""

    def __init__(self, name: str, valid: Iterable[str]) -> None:
        """Say which names are nearest; all of them where none is near."""
        names = list(dict.fromkeys(valid))
        nearest = difflib.get_close_matches(plain(name), [plain(each) for each in names], n=NEAREST, cutoff=ALIKE)
        close = [each for each in names if plain(each) in nearest]
        close.sort(key=lambda each: nearest.index(plain(each)))
        be = "is" if len(close) == 1 else "are"
        hint = f"the nearest {be} {', '.join(close[:NEAREST])}" if close else f"choose from {', '.join(names)}"
        super().__init__(f"unknown column {name!r}; {hint}")


def plain(title: str) -> str:
    """Return a title as it is compared: lower case, with spaces for what may stand between words."""
    return re.sub(r"[\s_-]+", " ", title.casefold()).strip()


def aliases(title: str, *more: str) -> frozenset[str]:
    """Return all names of a column.

    Args:
        title: itself, and without what stands in brackets behind it. ``÷ plain`` is a ``ratio`` too.
        more: others that it goes by.

    """
    names = {plain(each) for each in (title, _BEHIND.sub("", title), *more) if each}
    return frozenset(names | ({RATIO} if title.startswith(DIVIDED) else set()))


def chosen_of(names: Iterable[str], columns: Sequence[Collection[str]]) -> list[int]:
    """Return which columns are meant, in the order of the names, each once.

    Args:
        names: as they were written; ``forward*`` is every one that begins so.
        columns: the aliases of each.

    """
    found: dict[int, None] = {}
    for name in names:
        pattern = plain(name)
        found |= {
            index: None
            for index, known in enumerate(columns)
            if pattern in known or any(fnmatchcase(each, pattern) for each in known)
        }
    return list(found)


def refuse_unknown(names: Iterable[str], columns: Mapping[str, Collection[str]]) -> None:
    """Refuse a name that no column has.

    Args:
        names: as they were written.
        columns: title -> its aliases.

    Raises:
        UnknownColumnError: the message names the nearest.

    """
    for name in names:
        if not chosen_of((name,), tuple(columns.values())):
            raise UnknownColumnError(name, columns)
