"""The options of every command that prints tables: in which format, and which columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from bench.errors import UsageError

from ..printed import column_names, formats

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., Any]")


def format_option(
    *data: str, default: str | None = "md", first: tuple[str, ...] = (), words: str | None = None
) -> Callable[[Command], Command]:
    """Return what gives a command ``--format``: the formats of all documents, and its own.

    Args:
        data: formats of its own.
        default: the format where none is given.
        first: formats that stand before all others.
        words: what its help says.

    """
    return click.option(
        "--format",
        "format_",
        type=click.Choice([*first, *formats(*data)]),
        default=default,
        show_default=default is not None,
        help=words,
    )


def columns_option() -> Callable[[Command], Command]:
    """Return what gives a command ``--columns``."""

    def parse(context: click.Context, option: click.Parameter, given: str | None) -> tuple[str, ...]:
        del context, option
        try:
            return column_names(given)
        except UsageError as error:
            raise click.UsageError(str(error)) from None

    return click.option(
        "--columns",
        metavar="NAME,...",
        callback=parse,
        help="These columns of the tables, in this order; 'forward*' is all that begin so. Default: all.",
    )
