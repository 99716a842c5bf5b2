"""Tables of options -> options of a command, which takes their values as they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from suites.axes import AXES

from .completion import completions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from suites.option import Option

Command = TypeVar("Command", bound="Callable[..., Any]")


def offer(options: Iterable[Option], words: str = "") -> Callable[[Command], Command]:
    """Return what gives a command these options.

    Args:
        options: rows of a table.
        words: what its help says of each, instead of what the table says.

    """

    def decorate(command: Command) -> Command:
        # The decorator that is applied last comes first in the help.
        completing = completions()
        for option in reversed(tuple(options)):
            how: dict[str, Any] = {"multiple": option.multiple, "metavar": option.metavar}
            if option.parse.kind is bool:
                # None if it is not given, as of every other option.
                how = {"is_flag": True, "default": None}
            if option.name in completing:
                how["shell_complete"] = completing[option.name]
            command = click.option(option.flag, option.name, help=option.help(words), **how)(command)
        return command

    return decorate


def axes(*names: str) -> tuple[Option, ...]:
    """Return these rows of the table of axes."""
    rows = {axis.name: axis for axis in AXES}
    return tuple(rows[name] for name in names)
