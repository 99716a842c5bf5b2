"""One table of a TOML file, read strictly: every value that is wrong is named with its file, table and key."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

from bench.errors import UsageError, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and where it stands. What asks for a key that is not there is answered with None, or with nothing."""

    file: Path
    name: str
    """Dotted; empty: the whole file."""
    values: Mapping[str, Any]

    def only(self, keys: Sequence[str]) -> None:
        """Refuse a key that is none of these.

        Raises:
            UsageError: there is one.

        """
        for key in self.values:
            if key not in keys:
                refuse(f"key in [{self.name}] of {self.file},", key, keys)

    def child(self, key: str) -> Table | None:
        """Return a table in this one."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._refuse(key, f"must be a table: write [{self._below(key)}]")
        return Table(file=self.file, name=self._below(key), values=value)

    def children(self, key: str) -> tuple[Table, ...]:
        """Return the tables of an array of them."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._refuse(key, f"must be an array of tables: write [[{self._below(key)}]]")
        return tuple(Table(file=self.file, name=self._below(key), values=each) for each in value)

    def text(self, key: str) -> str | None:
        """Return a text that is not empty."""
        value = self.values.get(key)
        if value is not None and not (isinstance(value, str) and value):
            self._refuse(key, f"must be a text, not {value!r}")
        return value

    def required(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.text(key)
        if value is None:
            self._refuse(key, "is missing")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one text is a list of one."""
        value = self.values.get(key, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
            self._refuse(key, f"must be a text or a list of texts, not {value!r}")
        return tuple(found)

    def word(self, key: str, valid: Sequence[str]) -> str | None:
        """Return a text that is one of a few."""
        value = self.text(key)
        return None if value is None else self._valid(key, value, valid)

    def words(self, key: str, valid: Sequence[str]) -> tuple[str, ...]:
        """Return a list of texts that are each one of a few."""
        return tuple(self._valid(key, value, valid) for value in self.texts(key))

    def boolean(self, key: str) -> bool | None:
        """Return true or false."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            self._refuse(key, f"must be true or false, not {value!r}")
        return value

    def number(self, key: str) -> float | None:
        """Return a finite number from 0 on."""
        value = self.values.get(key)
        if value is not None and not (_is_number(value) and value >= 0):
            self._refuse(key, f"must be a number from 0 on, not {value!r}")
        return value

    def positive(self, key: str) -> float | None:
        """Return a finite number above 0."""
        value = self.values.get(key)
        if value is not None and not (_is_number(value) and value > 0):
            self._refuse(key, f"must be a number above 0, not {value!r}")
        return value

    def relative(self, key: str) -> float | None:
        """Return a share above 0 and up to 1: ``"3%"`` or ``0.03``."""
        value = self.values.get(key)
        if value is None:
            return None
        found: object = _percent(value) if isinstance(value, str) else value
        if not (_is_number(found) and 0 < found <= 1):
            self._refuse(key, f'must be a share such as "3%" or 0.03, not {value!r}')
        return float(found)

    def _valid(self, key: str, value: str, valid: Sequence[str]) -> str:
        if value not in valid:
            refuse(f"{key} in [{self.name}] of {self.file},", value, valid)
        return value

    def _below(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _refuse(self, key: str, wrong: str) -> NoReturn:
        place = f"[{self.name}] " if self.name else ""
        msg = f"{self.file}: {place}{key} {wrong}"
        raise UsageError(msg)


def _is_number(value: object) -> TypeGuard[float]:
    # In Python, true is a number.
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _percent(text: str) -> float | None:
    number, percent, rest = text.strip().partition("%")
    try:
        return float(number) / 100 if percent and not rest else None
    except ValueError:
        return None
