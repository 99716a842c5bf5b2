"""A regression check as a file: ``{"check_version": .., "digest": .., "check": {..}}``, written whole, read strictly.

The digest is that of the facts, as ``codec.encode`` writes them: the file may be laid out anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .checks import CHECK_VERSION, Check
from .codec import CodecError, NotJsonError, check_version_of_check, decode, encode
from .durable import read_regular, replace_file
from .folder import ALTERED, StoreError, reason
from .ranges import Line  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record
from .seals import digest_of

if TYPE_CHECKING:
    from os import PathLike


class _File(Record, frozen=True, kw_only=True):
    """What the file holds. The version has no default: fields at theirs are not written."""

    check_version: int
    digest: Line
    check: Check


def check_json(check: Check) -> str:
    """Return what the file holds of a check.

    Raises:
        CodecError: a value that JSON has no word for, such as NaN; the message names the field.

    """
    data = encode(_File(check_version=CHECK_VERSION, digest=_digest(check), check=check))
    return msgspec.json.format(data, indent=1).decode() + "\n"


def _digest(check: Check) -> str:
    # With the version, and the fields named from the file on, as in what is written.
    data = encode(_File(check_version=CHECK_VERSION, digest="", check=check))
    # As it will be read: a whole number that was given for a float is written as 1, and then as 1.0.
    return digest_of(encode(decode(_File, data)))


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
        StoreError: there is no such file, another version wrote it, it is no check, or it was altered.

    """
    path = Path(path)
    try:
        data = read_regular(path)
    except OSError as error:
        msg = f"cannot read {path}: {reason(error)}; give a file that attnbench check --json wrote"
        raise StoreError(msg) from error
    try:
        check_version_of_check(data)
        found = decode(_File, data)
        intact = found.digest == _digest(found.check)
    except NotJsonError as error:
        msg = f"{path}: is not JSON; give a file that attnbench check --json wrote"
        raise StoreError(msg) from error
    except CodecError as error:
        msg = f"{path}: {error}"
        raise StoreError(msg) from error
    if not intact:
        msg = f"{path}: {ALTERED}; restore it, or check again: attnbench check --json"
        raise StoreError(msg)
    return found.check
