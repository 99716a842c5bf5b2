"""A regression check as a file: ``{"check_version": .., "check": {..}}``, written whole and read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .checks import CHECK_VERSION, Check
from .codec import CodecError, NotJsonError, check_version_of_check, decode, encode
from .durable import replace_file
from .folder import StoreError, reason
from .record import Record

if TYPE_CHECKING:
    from os import PathLike


class _File(Record, frozen=True, kw_only=True):
    """What the file holds. The version has no default: fields at theirs are not written."""

    check_version: int
    check: Check


def check_json(check: Check) -> str:
    """Return what the file holds of a check.

    Raises:
        CodecError: a value that JSON has no word for, such as NaN; the message names the field.

    """
    data = encode(_File(check_version=CHECK_VERSION, check=check))
    return msgspec.json.format(data, indent=1).decode() + "\n"


def write_check(path: str | PathLike[str], check: Check) -> None:
    """Write a check, in place of what the file held before.

    Raises:
        StoreError: the file cannot be written.
        CodecError: see ``check_json``.

    """
    path, text = Path(path), check_json(check)
    try:
        replace_file(path, text)
    except OSError as error:
        msg = f"cannot write {path}: {reason(error)}; give another path"
        raise StoreError(msg) from error


def read_check(path: str | PathLike[str]) -> Check:
    """Read a check.

    Raises:
        StoreError: there is no such file, another version wrote it, or it is no check.

    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"cannot read {path}: {reason(error)}; give a file that attnbench check --json wrote"
        raise StoreError(msg) from error
    try:
        check_version_of_check(data)
        return decode(_File, data).check
    except NotJsonError as error:
        msg = f"{path}: is not JSON; give a file that attnbench check --json wrote"
        raise StoreError(msg) from error
    except CodecError as error:
        msg = f"{path}: {error}"
        raise StoreError(msg) from error
