"""The function to write in place of a class that is not built as its family is."""

from __future__ import annotations

import re
from inspect import Parameter
from typing import TYPE_CHECKING

from ..spec import Family, Option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .described import Row

#: What stands for a value that only the user knows.
UNKNOWN = "..."
#: Names of arguments that are, or begin with, a number of channels: ``dim``, ``in_planes``, ``num_features``.
WIDTH = re.compile(r"channel|dim|plane|feature|width|d_model|hidden")
#: A value of an option that is longer is left to the user.
LONGEST = 40
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def wrapper(row: Row, factory: Callable[..., object], parameters: list[Parameter]) -> str:
    """Return a function, on one line, that takes what the row's family gives and builds the class with it.

    Args:
        row: of any family, or a backbone.
        factory: the class.
        parameters: what it takes.

    """
    positional, named = row.arguments
    options: Mapping[str, object] = row.options
    simple = [name for name, value in options.items() if isinstance(value, Option)]
    given = ", ".join((*positional, *named, *simple))
    built = ", ".join(_passed(row, parameters))
    return f"def build({given}): return {getattr(factory, '__name__', 'factory')}({built})"


def _passed(row: Row, parameters: list[Parameter]) -> Iterator[str]:
    """Yield what the class is given, each as an argument of a call."""
    positional, named = row.arguments
    known = {*positional, *named, *row.options}
    own = [each for each in parameters if each.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)]
    values = {each.name: _of_option(row, each.name) for each in own if each.name in known}
    left = [name for name in positional if name not in values]
    values |= _widths(row, [each for each in own if each.name not in values], left)
    by_position = True
    for each in own:
        if each.name not in values:
            by_position = False
            continue
        # By position as long as nothing before was left out; dots need a name.
        by_position = by_position and each.kind in POSITIONAL and values[each.name] != UNKNOWN
        yield values[each.name] if by_position else f"{each.name}={values[each.name]}"


def _of_option(row: Row, name: str) -> str:
    options: Mapping[str, object] = row.options
    if isinstance(options.get(name, ""), Option):
        return name
    written = repr(options[name])
    return written if len(written) <= LONGEST else UNKNOWN


def _widths(row: Row, unnamed: list[Parameter], left: list[str]) -> dict[str, str]:
    """Return what the arguments get whose names the family does not know; those that have a default may get nothing."""
    found: dict[str, str] = {}
    required = [each for each in unnamed if each.default is Parameter.empty]
    wide = [each for each in required if WIDTH.search(each.name)]
    # What is named as a width is that of a head, not how many there are.
    of_tokens = row.attnbench_row != "host" and row.family == Family.ATTENTION
    for name in reversed(left) if of_tokens else left:
        rest = [each for each in (*wide, *required, *unnamed) if each.name not in found]
        fitting = next((each for each in rest if each.default is Parameter.empty or WIDTH.search(each.name)), None)
        if fitting is not None:
            found[fitting.name] = name
    for each in required:
        # A gate gives as many channels as it gets.
        same = row.attnbench_row != "host" and row.family == Family.GATE and each.name.startswith("out")
        found.setdefault(each.name, "channels" if same else UNKNOWN)
    return found
