"""The names by which resume, compare and gate find a case again, in another process and another version."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .record import Record

if TYPE_CHECKING:
    from .records import Case

R = TypeVar("R", bound=Record)

#: 64 bits: among a million cases, two share a key with a probability of 3 in 100 million.
HEX_DIGITS = 16


def content_key(case: Case) -> str:
    """Return a key of all that a case is: the same key, the same measurement.

    Fields at their default do not enter it, so that a field added later leaves the keys of stored cases as they are.
    """
    canonical = msgspec.json.encode(_with_defaults(case), order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:HEX_DIGITS]


def _with_defaults(record: R) -> R:
    """Return an equal record in which what equals its default is the default.

    msgspec leaves out only what *is* the default: ``"float32"`` from a file is another object, and would be a key of
    its own.
    """
    changed: dict[str, object] = {}
    for name, default in _defaults(type(record)):
        value = getattr(record, name)
        same = _with_defaults(value) if isinstance(value, Record) else default if value == default else value
        if same is not value:
            changed[name] = same
    return msgspec.structs.replace(record, **changed) if changed else record


@cache
def _defaults(kind: type[Record]) -> tuple[tuple[str, Any], ...]:
    """Return the fields with their defaults; those that have none with a value that nothing is equal to."""
    return tuple((field.name, field.default) for field in msgspec.structs.fields(kind))
