"""Promises of the codec on data of other versions and of other programs: they are told apart."""

from __future__ import annotations

import json

import pytest

from results.codec import CodecError, NotJsonError, VersionError, check_version, decode
from results.records import SCHEMA_VERSION, Case


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"schema_version":2',
        b"hello",
        b"\xff\xfe",
        b'{"schema_version":2} {}',
        b'{"x":NaN}',
        b'{"x":' + b"[" * 100_000,
    ],
    ids=["nothing", "brace", "torn", "text", "bytes", "two", "NaN", "deep"],
)
def test_what_is_no_json_is_told_apart(data: bytes) -> None:
    """It may be torn, or another program's; neither is a record with a wrong field."""
    with pytest.raises(NotJsonError):
        check_version(data)


def test_text_that_is_not_unicode_is_no_json() -> None:
    """A disk that fails can leave any bytes."""
    with pytest.raises(NotJsonError):
        decode(Case, b'{"source":"\xff"}')


def test_a_newer_schema_asks_for_an_upgrade() -> None:
    """Data of a later version is refused with the remedy, whatever else is in it."""
    data = json.dumps({"schema_version": SCHEMA_VERSION + 1, "rune_id": "x"}).encode()
    with pytest.raises(VersionError, match=f"{SCHEMA_VERSION + 1} is newer than the {SCHEMA_VERSION} .*: upgrade"):
        check_version(data)


@pytest.mark.parametrize("version", [1, 0, -1])
def test_an_older_schema_asks_for_an_older_attnbench(version: int) -> None:
    """Its fields mean other things."""
    with pytest.raises(VersionError, match=f"{version} is older than the {SCHEMA_VERSION} .*: use an older attnbench"):
        check_version(json.dumps({"schema_version": version}).encode())


@pytest.mark.parametrize("version", [None, "2", True, 2.0, [2]])
def test_what_is_no_version_is_refused(version: object) -> None:
    """The field is named."""
    with pytest.raises(CodecError, match="schema_version"):
        check_version(json.dumps({"schema_version": version}).encode())


def test_data_without_a_schema_is_refused() -> None:
    """What does not say what it is, is not a record."""
    with pytest.raises(CodecError, match="schema_version"):
        check_version(b'{"loss":0.5}')


def test_this_schema_is_read() -> None:
    """Whatever else is beside it: the decoder looks at that."""
    check_version(json.dumps({"loss": 0.5, "schema_version": SCHEMA_VERSION}).encode())
