"""Records <-> JSON: msgspec writes and reads them by their types, and accepts nothing that they do not know."""

from __future__ import annotations

import re
from functools import cache
from math import isfinite
from typing import Any, TypeVar, cast

import msgspec

from .checks import CHECK_VERSION
from .record import Record
from .records import SCHEMA_VERSION
from .text import message

R = TypeVar("R", bound=Record)
S = TypeVar("S", bound=msgspec.Struct)

#: How msgspec says where something is wrong.
_PLACE = re.compile(r"(.*) - at `(?:key in )?\$\.?(.*)`", re.DOTALL)


class CodecError(Exception):
    """The data is not what this version writes; the message begins with the field, as ``case.device: ``."""


class NotJsonError(CodecError):
    """The data is no JSON at all."""


class VersionError(CodecError):
    """The data is of another version; the message says which attnbench reads it."""


class _Version(msgspec.Struct):
    """The one field that every version of a run has; what else there is is not looked at."""

    schema_version: int


class _CheckVersion(msgspec.Struct):
    """The same of a regression check."""

    check_version: int


def encode(record: Record) -> bytes:
    """Return the JSON of a record, on one line.

    Raises:
        CodecError: a value that JSON has no word for, such as NaN, or of another type than its field's.

    """
    try:
        data = msgspec.json.encode(record)
        if _decoder(type(record)).decode(data) == record:
            return data
        problem = "it would be read as another one"
    except TypeError as error:
        # Of a type that is no record's, such as a text of a class of somebody's own.
        msg = f"cannot store this {type(record).__name__}: {_line(error)}"
        raise CodecError(msg) from error
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        problem = _line(error)
    # msgspec writes null for NaN and infinity, and does not say so.
    msg = f"cannot store this {type(record).__name__}: {_not_finite(msgspec.to_builtins(record)) or problem}"
    raise CodecError(msg)


def decode(kind: type[S], data: bytes) -> S:
    """Return the record that ``encode`` made the data of.

    Raises:
        NotJsonError: it is no JSON.
        CodecError: a missing or unknown field, an unknown kind, a value of another type or out of its range, or values
            that do not go together.

    """
    return cast("S", _strictly(_decoder(kind), data))


def check_version(data: bytes) -> None:
    """See that data of this schema version can be read.

    Raises:
        VersionError: another version of attnbench reads it.
        CodecError: it has no version (NotJsonError: or is no JSON).

    """
    _refuse_another("schema", _strictly(_decoder(_Version), data).schema_version, SCHEMA_VERSION)


def check_version_of_check(data: bytes) -> None:
    """See that a regression check of this version can be read (errors as in ``check_version``)."""
    _refuse_another("check", _strictly(_decoder(_CheckVersion), data).check_version, CHECK_VERSION)


def _refuse_another(noun: str, found: int, known: int) -> None:
    if found > known:
        msg = f"{noun} version {found} is newer than the {known} this attnbench reads: upgrade attnbench"
        raise VersionError(msg)
    if found < known:
        msg = f"{noun} version {found} is older than the {known} this attnbench reads: use an older attnbench"
        raise VersionError(msg)


def converted(kind: type[S], facts: object) -> S:
    """Return the record of facts that were decoded already (CodecError as in ``decode``)."""
    try:
        return msgspec.convert(facts, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise CodecError(_line(error)) from error


def _strictly(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise CodecError(_line(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJsonError(_line(error)) from error


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _line(error: Exception) -> str:
    """Return the message on one line, after the field that it is about: it may quote a name that has several."""
    found = _PLACE.fullmatch(str(error))
    return message(f"{found[2]}: {found[1]}" if found is not None and found[2] else str(error).replace(" - at `$`", ""))


def _not_finite(value: object, where: str = "") -> str | None:
    """Return the first number that JSON has no word for, and where it is; None if there is none."""
    if isinstance(value, float) and not isfinite(value):
        return f"{where} is {value}"
    inside: list[tuple[str, object]] = []
    if isinstance(value, dict):
        inside = [(f"{where}.{name}".removeprefix("."), item) for name, item in value.items()]
    elif isinstance(value, list | tuple):
        inside = [(f"{where}[{index}]", item) for index, item in enumerate(value)]
    return next((found for path, item in inside if (found := _not_finite(item, path))), None)
