"""Promises of texts that somebody else wrote: no terminal, document or record suffers from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from results import load
from results.records import Case, Failed, FailureKind, Run
from results.store import RunStore
from results.text import excerpt, json_text, message, printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a\ufffd[2Jb"),
        ("a\x9b2Jb", "a\ufffd2Jb"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("a\x00\x7fb", "a\ufffd\ufffdb"),
        ("a\r\n\tb\u2028c\x85d", "a b c d"),
        ("\ud800é×", "\ufffdé×"),
    ],
    ids=["C0", "C1", "direction", "zero", "line breaks", "surrogate"],
)
def test_no_text_controls_a_terminal(text: str, shown: str) -> None:
    """What would is replaced, and line breaks are spaces."""
    assert printable(text) == shown


def test_a_message_of_megabytes_is_cut_to_a_line() -> None:
    """Its beginning stays."""
    assert message("a\n" + "b" * 10_000_000, 5) == "a bb…"
    assert message("short", 5) == "short"


def test_a_text_of_many_lines_keeps_both_ends() -> None:
    """The end of a traceback has the error, its beginning the caller."""
    assert excerpt("abcdef", 4) == "ab\n[...]\nef"
    assert excerpt("a\n\ud800", 4) == "a\n\\ud800"


def test_json_has_no_controls_and_says_the_same() -> None:
    """They are JSON's escapes; what can be printed is as it was."""
    facts = {"a": "\x1b\x9b\u202e\ud800é\U000e0001"}
    assert json_text(facts) == '{\n "a": "\\u001b\\u009b\\u202e\\ud800é\\udb40\\udc01"\n}\n'
    assert json.loads(json_text(facts)) == facts


def test_a_record_keeps_the_beginning_of_a_long_message(
    tmp_path: Path, run_of: Callable[..., Run], case_of: Callable[..., Case]
) -> None:
    """Ten megabytes of a module's own words are a kilobyte on disk."""
    failed = Failed(case=case_of(), kind=FailureKind.EXCEPTION, error="x" * 10_000_000, traceback="y" * 10_000_000)
    with RunStore.create(tmp_path / "run", run_of(case_of())) as store:
        store.append(failed)
    (found,) = load(tmp_path / "run").outcomes
    assert isinstance(found, Failed)
    assert (len(found.error), len(found.traceback)) == (1000, 20_007)
