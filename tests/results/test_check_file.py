from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results import StoreError
from results.check_file import check_json, read_check, write_check
from results.checks import Check, Difference, Interval, Judged, Pace, Side, Verdict
from results.codec import CodecError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Run


@pytest.fixture
def check(case_of: Callable[..., Case], run_of: Callable[..., Run]) -> Check:
    """Return a check with a case of each shape."""
    pace = Pace(head=Interval(ratio=1.05, low=1.04, high=1.06), builds=24, smallest=1.01, processes=2)
    found = (
        # Bytes are whole numbers, in fields of floats.
        Difference(quantity="saved bytes", base=1024, head=2048, worse=True, limit=1500.0),
        Difference(quantity="fault (one NaN)", base="sum", worse=False),
    )
    return Check(
        started_at="2026-11-21T21:40:07+00:00",
        base=Side(name="main", commit="0123456789ab"),
        head=Side(name="working tree", dirty=True),
        environment=run_of().environment,
        threshold=0.03,
        error_rate=0.01,
        judged=(
            Judged(case=case_of(), verdict=Verdict.SLOWER, pace=pace, confirmed=True),
            Judged(case=case_of(suite="memory"), verdict=Verdict.WORSE, differences=found),
            Judged(case=case_of(implementation="eca"), verdict=Verdict.INCOMPARABLE, reason="both fail"),
        ),
        plugins=("mine.py",),
    )


def test_what_is_written_is_read(tmp_path: Path, check: Check) -> None:
    """Nothing of a check is lost in its file, which is replaced as a whole."""
    path = tmp_path / "check.json"
    write_check(path, replace(check, judged=()))
    write_check(path, check)
    assert read_check(path) == check
    assert path.read_text(encoding="utf-8") == check_json(check)


def test_the_file_says_its_version_first(check: Check) -> None:
    """A reader of another version can tell, whatever else has changed."""
    assert check_json(check).startswith('{\n "check_version": 2,\n "digest": "')


@pytest.mark.parametrize(("version", "words"), [(3, "newer .*: upgrade"), (1, "older .*: use an older attnbench")])
def test_another_version_is_refused_with_its_remedy(tmp_path: Path, version: int, words: str) -> None:
    """Its fields may mean other things."""
    path = tmp_path / "check.json"
    path.write_text(json.dumps({"check_version": version, "unknown": 1}))
    with pytest.raises(StoreError, match=f"check version {version} is {words}"):
        read_check(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON; give a file that attnbench check --json wrote"),
        ("[1, 2]", "Expected `object`, got `array`"),
        ('{"schema_version": 2}', "check_version"),
        ('{"check_version": 2, "digest": "", "check": {}}', "missing required field"),
        ('{"check_version": 2, "digest": "", "check": {"more": 1}}', "unknown field `more`"),
    ],
)
def test_what_is_no_check_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    """The line names the file and what is wrong with it."""
    path = tmp_path / "check.json"
    path.write_text(text)
    with pytest.raises(StoreError) as caught:
        read_check(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("written", "altered"), [("1.05", "1.055"), ("2048", "2049"), ('"slower"', '"faster"')])
def test_an_altered_check_is_refused(tmp_path: Path, check: Check, written: str, altered: str) -> None:
    """One line says so; another layout of the same facts is no alteration."""
    path = tmp_path / "check.json"
    path.write_text(json.dumps(json.loads(check_json(check))))
    assert read_check(path) == check
    assert written in check_json(check)
    path.write_text(check_json(check).replace(written, altered, 1))
    with pytest.raises(StoreError) as caught:
        read_check(path)
    assert str(caught.value) == (
        f"{path}: was altered: its digest is not that of what it says; "
        "restore it, or check again: attnbench check --json"
    )


def test_a_file_that_is_not_there(tmp_path: Path, check: Check) -> None:
    """Reading and writing say which path and what to give instead."""
    path = tmp_path / "none" / "check.json"
    with pytest.raises(StoreError, match=r"cannot read .*No such file or directory; give a file that attnbench check"):
        read_check(path)
    with pytest.raises(StoreError, match=r"cannot write .*No such file or directory; give another path"):
        write_check(path, check)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_json_has_no_word_for_is_refused(check: Check, number: float) -> None:
    """It would be read as a missing figure: the message names where it stands."""
    difference: dict[str, Any] = {"quantity": "results", "head": number, "worse": True}
    judged = replace(check.judged[1], differences=(Difference(**difference),))
    with pytest.raises(CodecError, match=r"check\.judged\[0\]\.differences\[0\]\.head is (nan|inf)"):
        check_json(replace(check, judged=(judged,)))
