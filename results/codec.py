"""Records <-> JSON: msgspec writes and reads them by their types, and accepts nothing that they do not know."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from .record import Record
from .records import SCHEMA_VERSION

R = TypeVar("R", bound=Record)


class CodecError(Exception):
    """The data is not what this version writes; the message names the field, as ``$.case.device``."""


class NotJsonError(CodecError):
    """The data is no JSON at all."""


class _Version(msgspec.Struct):
    """The one field that every version has; what else there is is not looked at."""

    schema_version: int


def encode(record: Record) -> bytes:
    """Return the JSON of a record, on one line.

    Raises:
        CodecError: a value that JSON has no word for, such as NaN: what is read would not be what was written.

    """
    data = msgspec.json.encode(record)
    if _decoder(type(record)).decode(data) != record:
        msg = f"a {type(record).__name__} with a value that JSON cannot hold"
        raise CodecError(msg)
    return data


def decode(kind: type[R], data: bytes) -> R:
    """Return the record that ``encode`` made the data of.

    Raises:
        NotJsonError: it is no JSON.
        CodecError: a missing or unknown field, an unknown kind, or a value of another type.

    """
    return cast("R", _strictly(_decoder(kind), data))


def check_version(data: bytes) -> None:
    """See that data of this schema version can be read (errors as in ``decode``)."""
    found = _strictly(_decoder(_Version), data).schema_version
    if found > SCHEMA_VERSION:
        msg = f"schema version {found} is newer than the {SCHEMA_VERSION} this attnbench reads: upgrade attnbench"
        raise CodecError(msg)
    if found < SCHEMA_VERSION:
        msg = f"schema version {found} is older than the {SCHEMA_VERSION} this attnbench reads: use an older attnbench"
        raise CodecError(msg)


def _strictly(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise CodecError(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJsonError(str(error)) from error


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
