"""Records <-> what JSON can hold, by the type hints of the records themselves: a new field needs no code here.

A dataclass and a NamedTuple become an object with one entry a field, an outcome with its lower-case class name as
``"type"`` on top; tuples become lists and enums their value. Decoding accepts nothing it does not know.
"""

from __future__ import annotations

import math
import reprlib
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from .records import SCHEMA_VERSION, Outcome

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
T = TypeVar("T")

#: The entry that says which member of a union of dataclasses an object is.
TAG = "type"
TAGGED = get_args(Outcome)
SCALARS = {str: "a text", int: "an integer", float: "a number", bool: "true or false"}


class CodecError(Exception):
    """The data is not what this version writes; the message names the field."""


def check_version(found: object) -> None:
    """Raise CodecError unless data of this schema version can be read."""
    if type(found) is not int:
        msg = f"schema_version: expected an integer, got {found!r}"
        raise CodecError(msg)
    if found > SCHEMA_VERSION:
        msg = f"schema version {found} is newer than the {SCHEMA_VERSION} this attnbench reads: upgrade attnbench"
        raise CodecError(msg)
    if found < SCHEMA_VERSION:
        msg = f"schema version {found} is older than the {SCHEMA_VERSION} this attnbench reads: use an older attnbench"
        raise CodecError(msg)


def encode(value: object, where: str = "") -> Json:
    """Return what JSON can hold of a record, or of anything in one.

    Args:
        value: a record, tuple, enum, scalar or None.
        where: the path of the value, for messages.

    Raises:
        CodecError: a value of a type that has no place in a record, or a number that JSON has no word for.

    """
    match value:
        case Enum():
            return encode(value.value, where)
        case float() if not math.isfinite(value):
            msg = f"{where}: {value} cannot be stored"
            raise CodecError(msg)
        case str() | int() | float() | None:
            return value
        case tuple() if _is_named_tuple(type(value)):
            hints = _hints(type(value))
            return {name: encode(item, _join(where, name)) for name, item in zip(hints, value, strict=True)}
        case tuple():
            return [encode(item, f"{where}[{index}]") for index, item in enumerate(value)]
        case _ if is_dataclass(value):
            tag: dict[str, Json] = {TAG: _tag(type(value))} if type(value) in TAGGED else {}
            names = [field.name for field in fields(value)]
            return tag | {name: encode(getattr(value, name), _join(where, name)) for name in names}
        case _:
            msg = f"{where}: a {type(value).__name__} cannot be stored"
            raise CodecError(msg)


def decode(kind: type[T], data: object, where: str = "") -> T:
    """Return the record that ``encode`` made the data of.

    Args:
        kind: the record's class; for outcomes use ``decode_outcome``.
        data: as parsed from JSON.
        where: the path of the data, for messages.

    Raises:
        CodecError: a missing or unknown field, an unknown kind, or a value of another type.

    """
    return cast("T", _decode(kind, data, where))


def decode_outcome(data: object, where: str = "") -> Outcome:
    """Return the outcome of the kind that its ``"type"`` names (errors as in ``decode``)."""
    return cast("Outcome", _decode(Outcome, data, where))


def _decode(hint: Any, data: object, where: str) -> object:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _decode_union(get_args(hint), data, where)
    if origin is tuple:
        return _decode_tuple(get_args(hint), data, where)
    if is_dataclass(hint) or _is_named_tuple(hint):
        return _decode_fields(cast("type", hint), data, where)
    if issubclass(hint, Enum):
        return _decode_enum(hint, data, where)
    # JSON writes 5.0 as a number with a point, but people and other tools write 5.
    if hint is float and type(data) is int:
        return float(data)
    # bool is an int to isinstance, but not to a reader of the file.
    if type(data) is not hint:
        raise _unexpected(where, SCALARS[hint], data)
    return data


def _decode_union(members: tuple[Any, ...], data: object, where: str) -> object:
    if data is None and NoneType in members:
        return None
    members = tuple(member for member in members if member is not NoneType)
    if len(members) == 1:
        return _decode(members[0], data, where)
    if all(member in SCALARS for member in members):
        if type(data) in members:
            return data
        raise _unexpected(where, " or ".join(SCALARS[member] for member in members), data)
    if not isinstance(data, dict) or TAG not in data:
        raise _unexpected(where, f"an object with {TAG!r}", data)
    for member in members:
        if data[TAG] == _tag(member):
            return _decode_fields(member, {name: data[name] for name in data if name != TAG}, where)
    msg = f"{_join(where, TAG)}: unknown kind {data[TAG]!r}; known: {', '.join(map(_tag, members))}"
    raise CodecError(msg)


def _decode_tuple(items: tuple[Any, ...], data: object, where: str) -> tuple[object, ...]:
    if not isinstance(data, list):
        raise _unexpected(where, "a list", data)
    if items[-1] is Ellipsis:
        items = (items[0],) * len(data)
    if len(items) != len(data):
        raise _unexpected(where, f"a list of {len(items)}", data)
    return tuple(
        _decode(item, value, f"{where}[{index}]") for index, (item, value) in enumerate(zip(items, data, strict=True))
    )


def _decode_fields(kind: type, data: object, where: str) -> object:
    if not isinstance(data, dict):
        raise _unexpected(where, f"an object ({kind.__name__})", data)
    hints = _hints(kind)
    for name in data:
        if name not in hints:
            msg = f"{_join(where, name)}: unknown field; {kind.__name__} has {', '.join(hints)}"
            raise CodecError(msg)
    for name in hints:
        if name not in data and name not in _optional(kind):
            msg = f"{_join(where, name)}: missing field of {kind.__name__}"
            raise CodecError(msg)
    return kind(**{name: _decode(hints[name], data[name], _join(where, name)) for name in data})


def _decode_enum(kind: type[Enum], data: object, where: str) -> Enum:
    values = [member.value for member in kind]
    if data not in values:
        msg = f"{where}: unknown {kind.__name__} {data!r}; known: {', '.join(values)}"
        raise CodecError(msg)
    return kind(data)


@lru_cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@lru_cache
def _optional(kind: type) -> frozenset[str]:
    """Return the fields that may be missing: those with a default, so that older lines stay readable."""
    if not is_dataclass(kind):
        return frozenset()
    return frozenset(field.name for field in fields(kind) if field.default is not MISSING)


def _is_named_tuple(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def _tag(kind: type) -> str:
    return kind.__name__.lower()


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _unexpected(where: str, expected: str, data: object) -> CodecError:
    return CodecError(f"{where or 'the data'}: expected {expected}, got {reprlib.repr(data)}")
