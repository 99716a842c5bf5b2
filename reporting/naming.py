"""Many names in a note that stays short: what repeats is folded, what is too much is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: A note names so many rows at most; the CSV has the figures of all.
MOST_NAMED = 5
#: Of a list in a note: with the words around it, a note has no more than 400.
MOST_CHARACTERS = 280


def few_names(names: Iterable[str]) -> str:
    """Return a list of names with commas, cut short where a note would get long.

    Rows of one name are folded: ``se (forward, batch 1; forward, batch 4), eca (forward, batch 1) and 3 more``.
    """
    found = list(dict.fromkeys(names))
    return _with_rest(_folded(found[:MOST_NAMED]), max(0, len(found) - MOST_NAMED))


def within(parts: Iterable[str], most: int = MOST_CHARACTERS) -> str:
    """Return a list with commas that has at most so many characters, and says how many it leaves out.

    Args:
        parts: of the list; the first is never left out.
        most: characters.

    """
    found = list(dict.fromkeys(parts))
    shown = found[:1]
    for part in found[1:]:
        if len(", ".join((*shown, part))) > most:
            break
        shown.append(part)
    return _with_rest(shown, len(found) - len(shown))


def _with_rest(shown: Sequence[str], left_out: int) -> str:
    return ", ".join(shown) + (f" and {left_out} more" if left_out else "")


def _folded(names: Sequence[str]) -> list[str]:
    facts: dict[str, list[str]] = {}
    for name in names:
        label, opened, rest = name.rpartition(" (")
        if opened and rest.endswith(")"):
            facts.setdefault(label, []).append(rest.removesuffix(")"))
        else:
            facts.setdefault(name, [])
    return [f"{label} ({'; '.join(found)})" if found else label for label, found in facts.items()]
