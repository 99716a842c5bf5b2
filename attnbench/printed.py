"""What a command prints, in any format: tables for a reader, or lines of figures for a program."""

from __future__ import annotations

from csv import reader
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.errors import UsageError, refuse

from .documents import CSV, DOCUMENT_FORMATS, MARKDOWN, document_text, markdown_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reporting.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What there is to print; each is made when its format is asked for."""

    document: Callable[[], Document]
    """For every one of DOCUMENT_FORMATS, unless ``data`` has it."""
    data: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    """Format -> what this command has in it that is no table for a reader: ``csv``, or a JSON of its own."""

    def text(self, format: str, columns: Sequence[str] = (), *, width: int | None = None) -> str:  # noqa: A002
        """Return it in a format.

        Args:
            format: one of ``formats(*data)``, as the option.
            columns: of its tables or lines, in this order; none: all of them.
            width: of the terminal that Markdown goes to, in characters; None: it goes to no terminal.

        Raises:
            UsageError: there is no such format or column, or the format has no columns.

        """
        if format not in formats(*self.data):
            refuse("format", format, formats(*self.data))
        from reporting.column_names import UnknownColumnError

        try:
            return self._text(format, columns, width)
        except UnknownColumnError as error:
            raise UsageError(str(error)) from None

    def _text(self, format: str, columns: Sequence[str], width: int | None) -> str:  # noqa: A002 - as the option
        if format not in self.data:
            from reporting.choosing import choose

            chosen = choose(self.document(), columns)
            return document_text(chosen, format) if format != MARKDOWN else markdown_text(chosen, width)
        if columns and format != CSV:
            msg = f"--columns chooses among columns, and --format {format} has none here; leave one of them out"
            raise UsageError(msg)
        from reporting.csv_text import chosen_columns

        return chosen_columns(self.data[format](), columns)


def formats(*data: str) -> tuple[str, ...]:
    """Return the formats of a command: those of all documents, and its own."""
    return (*DOCUMENT_FORMATS, *(each for each in data if each not in DOCUMENT_FORMATS))


def column_names(given: str | None) -> tuple[str, ...]:
    """Return the names of an option: ``a,b``, and in double quotes one that has a comma.

    Raises:
        UsageError: one of them is empty.

    """
    if given is None:
        return ()
    names = tuple(name.strip() for line in reader([given], skipinitialspace=True) for name in line)
    if not all(names) or not names:
        msg = f"--columns {given!r}: a name is empty; write them with commas between: latency,samples"
        raise UsageError(msg)
    return names
