"""Text -> value, where a user's text is no name that must be looked up. A ValueError says what is wrong with it."""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass
from typing import Protocol


class Parser(Protocol):
    """Parses one value."""

    @property
    def kind(self) -> type:
        """The type of what is parsed."""

    @property
    def metavar(self) -> str:
        """What stands for a value in a help text, if no option says otherwise."""

    @property
    def range(self) -> str:
        """The possible values as an inequality; empty if there is none."""

    def __call__(self, value: object) -> object:
        """Return the value of a text; what is a value already is checked.

        Raises:
            ValueError: there is none.

        """


@dataclass(frozen=True, slots=True)
class Text:
    """Names, which are looked up later; a path is its text."""

    kind: type = str
    metavar: str = "TEXT"
    range: str = ""

    def __call__(self, value: object) -> str:
        """Return the text."""
        if isinstance(value, str | os.PathLike):
            return os.fspath(value)
        msg = f"{value!r} is not a text."
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Whole:
    """Whole numbers, from the lowest to the highest."""

    lowest: int | None = None
    highest: int | None = None
    kind: type = int
    metavar: str = "N"

    @property
    def range(self) -> str:
        """An inequality."""
        if self.lowest is None:
            return ""
        return f"x>={self.lowest}" if self.highest is None else f"{self.lowest}<=x<={self.highest}"

    def __call__(self, value: object) -> int:
        """Return the number."""
        try:
            number = int(value) if isinstance(value, str) else operator.index(value)  # type: ignore[arg-type] # refused
        except (TypeError, ValueError):
            msg = f"{value!r} is not a valid integer{' range' if self.range else ''}."
            raise ValueError(msg) from None
        if (self.lowest is not None and number < self.lowest) or (self.highest is not None and number > self.highest):
            msg = f"{number} is not in the range {self.range}."
            raise ValueError(msg)
        return number


@dataclass(frozen=True, slots=True)
class Positive:
    """Numbers above 0; whether they are finite is for others to say."""

    kind: type = float
    metavar: str = "X"
    range: str = "x>0"

    def __call__(self, value: object) -> float:
        """Return the number."""
        try:
            number = float(value)  # type: ignore[arg-type] # what is no number is refused
        except (TypeError, ValueError):
            msg = f"{value!r} is not a valid float range."
            raise ValueError(msg) from None
        if number <= 0:
            msg = f"{number} is not in the range {self.range}."
            raise ValueError(msg)
        return number


@dataclass(frozen=True, slots=True)
class Share:
    """Shares between 0 and 1, as numbers or in percent: ``0.03``, ``3%``."""

    kind: type = float
    metavar: str = "P"
    range: str = "0<x<1"

    def __call__(self, value: object) -> float:
        """Return the share."""
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            msg = f"{value!r} is no share; write 3% or 0.03."
            raise ValueError(msg) from None
        if not 0 < share < 1:
            msg = f"{value} is not in the range {self.range}; write 3% or 0.03."
            raise ValueError(msg)
        return share


@dataclass(frozen=True, slots=True)
class Flag:
    """Given or not; on a command line it has no value."""

    kind: type = bool
    metavar: str = ""
    range: str = ""

    def __call__(self, value: object) -> bool:
        """Return whether it was given."""
        if isinstance(value, bool):
            return value
        msg = f"{value!r} is neither True nor False."
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]
    kind: type = str
    range: str = ""

    @property
    def metavar(self) -> str:
        """All words."""
        return f"[{'|'.join(self.words)}]"

    def __call__(self, value: object) -> str:
        """Return the word."""
        for word in self.words:
            if value == word:
                return word
        given = str(value) if isinstance(value, str) else value
        msg = f"{given!r} is not one of {', '.join(map(repr, self.words))}."
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Part:
    """One of several parts: ``3/16`` is the third of sixteen."""

    kind: type = str
    metavar: str = "K/N"
    range: str = ""

    def __call__(self, value: object) -> str:
        """Return the text."""
        number, slash, of = str(value).partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and len(of) <= 5 and 1 <= int(number) <= int(of)):  # noqa: PLR2004 - a cluster has fewer nodes
            msg = f"{str(value)[:40]!r} is no part; write 3/16 for the third of sixteen."
            raise ValueError(msg)
        return f"{int(number)}/{int(of)}"
