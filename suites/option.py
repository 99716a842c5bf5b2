"""One choice that a user has: how it is offered, and how what was given is parsed, by every way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError

from .lists import at_commas

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .parsers import Parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A row of a table of options."""

    name: str = ""
    """The argument of ``attnbench.run``, and the field of the dataclass that is the table."""
    flag: str
    """On a command line."""
    metavar: str
    """What stands for a value in a help text."""
    parse: Parser
    """One value, as text or as what it stands for, to what it stands for."""
    multiple: bool
    """Whether several values can be given."""
    split: Callable[[str], list[str]]
    """A text -> the texts of the values in it, where there can be several."""
    default: Any
    default_words: str
    words: str
    """What it chooses."""
    suites: tuple[str, ...]
    """The suites that it makes a difference to; empty: all, or nearly so."""
    under_pytest: bool
    """Whether pytest-benchmark can measure by it."""

    def help(self, words: str = "") -> str:
        """Return the line of a help text, or another line with the same range."""
        if not words:
            default = f" Default: {self.default_words}." if self.default_words else ""
            words = f"{', '.join(self.suites)}{': ' if self.suites else ''}{self.words}{default}"
        return f"{words}  [{self.parse.range}]" if self.parse.range else words

    def take(self, given: object) -> Any:
        """Return what was given, parsed: a tuple if there can be several, or the default if nothing was given.

        Raises:
            UsageError: not a possible value.

        """
        if not is_given(given):
            return self.default
        if not self.multiple:
            return self._one(given)
        values = [given] if isinstance(given, str) or not isinstance(given, Iterable) else given
        return tuple(self._one(each) for value in values for each in self._each(value))

    def _each(self, value: object) -> Sequence[object]:
        """Return the values that one text lists; what is no text is one."""
        if not isinstance(value, str):
            return [value]
        try:
            return self.split(value)
        except ValueError as error:
            raise self._invalid(error) from None

    def _one(self, value: object) -> object:
        try:
            return self.parse(value)
        except ValueError as error:
            raise self._invalid(error) from None

    def _invalid(self, error: ValueError) -> UsageError:
        return UsageError(f"Invalid value for {self.flag!r}: {error}")


def option(
    flag: str,
    parse: Parser,
    *,
    words: str,
    metavar: str = "",
    multiple: bool = False,
    split: Callable[[str], list[str]] = at_commas,
    default: Any = None,
    default_words: str = "",
    suites: tuple[str, ...] = (),
    under_pytest: bool = True,
) -> Any:
    """Return a field of a dataclass that is a table of options; see Option."""
    if isinstance(default, float) and not default_words:
        default_words = f"{default:g}"
    row = Option(
        flag=flag,
        metavar=metavar or parse.metavar,
        parse=parse,
        multiple=multiple,
        split=split,
        default=() if multiple else default,
        default_words=default_words,
        words=words,
        suites=suites,
        under_pytest=under_pytest,
    )
    return field(default=row.default, metadata={Option: row})


def options_of(table: type) -> tuple[Option, ...]:
    """Return the rows of a dataclass that is a table of options, in its order."""
    return tuple(replace(row.metadata[Option], name=row.name) for row in fields(table) if Option in row.metadata)


def parsed(options: Iterable[Option], given: Mapping[str, object]) -> dict[str, Any]:
    """Return the value of every option by its name: what was given, or the default.

    Raises:
        UsageError: not a possible value.

    """
    return {each.name: each.take(given.get(each.name)) for each in options}


def is_given(value: object) -> bool:
    """Return whether a user has chosen: None and an empty list say no."""
    empty = isinstance(value, Sized) and not isinstance(value, str) and not len(value)
    return value is not None and not empty
