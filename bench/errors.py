"""Errors that a user can mend: one line that names the valid values or the remedy."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable


class UsageError(Exception):
    """Bad input. The command line prints the message alone and exits with status 2."""


class WorkerLostError(Exception):
    """Nothing can be measured: worker processes do not come up, or die again and again."""


class NoiseWarning(UserWarning):
    """How noisy the machine is could not be found out, or threads have to wait for cores."""


def refuse(kind: str, given: str, valid: Iterable[str], more: str = "") -> NoReturn:
    """Refuse a name that is not among the valid ones; the message has the closest one if there is one.

    Args:
        kind: what the name stands for, as in ``unknown KIND 'name'``.
        given: what the user wrote.
        valid: what could have been written.
        more: where to see all of them; by default they are all named.

    Raises:
        UsageError: always.

    """
    names = list(valid)
    close = closest(given, names)
    hint = ";" if close is None else f"; did you mean {close!r}?"
    msg = f"unknown {kind} {given!r}{hint} {more or 'choose from ' + ', '.join(names)}"
    raise UsageError(msg)


def closest(given: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like what was given, upper and lower case alike; None: none is."""
    # Of two that differ by their case alone, the first.
    by_case = {name.casefold(): name for name in reversed(tuple(names))}
    close = difflib.get_close_matches(given.casefold(), tuple(reversed(by_case)), n=1)
    return by_case[close[0]] if close else None
