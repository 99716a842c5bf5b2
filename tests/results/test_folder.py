"""Promises of reading a run: what is damaged or foreign is named, with a remedy, and left as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from results import SCHEMA_VERSION, StoreError, StoreWarning, load
from results.folder import record_line
from results.outcomes import Skipped
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Measured, Run


@pytest.fixture
def folder(
    tmp_path: Path, run_of: Callable[..., Run], case_of: Callable[..., Case], measured_of: Callable[[Case], Measured]
) -> Path:
    """Return the folder of a run with two outcomes."""
    cases = tuple(case_of(implementation=name) for name in ("none", "se"))
    RunStore.create(tmp_path / "run", run_of(*cases, outcomes=tuple(map(measured_of, cases)))).close()
    return tmp_path / "run"


def assert_refused(folder: Path, message: str) -> None:
    """Assert that neither load nor resume takes the run, with this message, and that no file changes."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(StoreError, match=message):
        load(folder)
    with pytest.raises(StoreError, match=message):
        RunStore.resume(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def edit_line(folder: Path, number: int, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change what a line of the records holds."""
    path = folder / "records.jsonl"
    lines = path.read_text().splitlines()
    facts = json.loads(lines[number - 1])
    edit(facts)
    lines[number - 1] = json.dumps(facts, separators=(",", ":"))
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("foreign", [b"hello\n", b'{"schema_version":2,"key":\n', b"\n", b"\xff\xfe\n"])
def test_a_damaged_line_in_the_middle_is_named(folder: Path, foreign: bytes) -> None:
    """Only the last line can have been torn while it was written."""
    path = folder / "records.jsonl"
    path.write_bytes(foreign + path.read_bytes())
    assert_refused(folder, r"records\.jsonl, line 1: is not JSON; restore the file, or remove the line")


@pytest.mark.parametrize("foreign", [b"hello\n", b"hello", b'{"schema": 1', b"\x00hello"])
def test_a_foreign_last_line_is_not_taken_for_a_torn_one(folder: Path, foreign: bytes) -> None:
    """What never was the beginning of a record is nobody's to remove, with its newline or without."""
    path = folder / "records.jsonl"
    path.write_bytes(path.read_bytes() + foreign)
    assert_refused(folder, r"records\.jsonl, line 3: is not JSON")


def test_zeros_at_the_end_are_a_torn_line(folder: Path) -> None:
    """A power cut can leave a file that has grown already, and has no data there yet."""
    path = folder / "records.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(300))
    with pytest.warns(StoreWarning, match="line 3: cut off while it was written"):
        assert len(load(folder).outcomes) == 2


@pytest.mark.parametrize("foreign", [b"{}\n", b"3\n", b"[]\n", b'{"loss": 0.5}\n'])
def test_a_foreign_record_is_named(folder: Path, foreign: bytes) -> None:
    """JSON of another program is no record, even as the last line."""
    path = folder / "records.jsonl"
    path.write_bytes(path.read_bytes() + foreign)
    assert_refused(folder, r"records\.jsonl, line 3: .*; restore the file, or remove the line")


def test_a_line_of_a_newer_version_asks_for_an_upgrade(folder: Path) -> None:
    """The line is named, and the remedy is another attnbench, not another file."""
    edit_line(folder, 2, lambda facts: facts.update(schema_version=SCHEMA_VERSION + 1))
    assert_refused(folder, r"line 2: schema version 4 is newer than the 3 this attnbench reads: upgrade attnbench$")


def test_an_unknown_field_is_named(folder: Path) -> None:
    """A field that this version does not know is not dropped silently."""
    edit_line(folder, 1, lambda facts: facts["outcome"]["case"].update(colour="red"))
    assert_refused(folder, r"line 1: outcome\.case: .*`colour`; restore the file")


def test_a_changed_case_is_noticed(folder: Path) -> None:
    """A case that no longer fits its key was edited by hand."""
    edit_line(folder, 1, lambda facts: facts["outcome"]["case"].update(dtype="float16"))
    assert_refused(folder, "line 1: was changed: its key does not belong to its case")


def test_of_two_outcomes_the_first_counts(folder: Path) -> None:
    """Lines pasted in twice are said to be, and do not change what was measured."""
    path = folder / "records.jsonl"
    before = load(folder)
    second = Skipped(case=before.outcomes[0].case, reason="too large")
    path.write_bytes(path.read_bytes() + record_line(second))
    with pytest.warns(StoreWarning, match="line 3: a second outcome of the same case; the first counts"):
        assert load(folder) == before


def test_a_newer_header_asks_for_an_upgrade(folder: Path) -> None:
    """The version is looked at before anything else of the header."""
    (folder / "run.json").write_text('{"schema_version": 7, "rune_id": "x"}')
    assert_refused(folder, r"run\.json: schema version 7 is newer than the 3 this attnbench reads: upgrade attnbench")


def test_a_damaged_header_is_named(folder: Path) -> None:
    """A header that is no JSON cannot be repaired, and says so."""
    (folder / "run.json").write_text("{")
    assert_refused(folder, r"run\.json: is not JSON; restore it, or measure again into another folder")


def test_a_wrong_field_of_the_header_is_named(folder: Path) -> None:
    """A header of this version with a field of the wrong type says which."""
    facts = json.loads((folder / "run.json").read_text())
    facts["environment"]["cores"] = "two"
    (folder / "run.json").write_text(json.dumps(facts))
    assert_refused(folder, r"run\.json: environment\.cores: .*`str`")


@pytest.mark.parametrize("name", ["run.json", "records.jsonl"])
def test_a_folder_that_is_no_run_says_what_is_missing(folder: Path, name: str) -> None:
    """Each of the two files makes the run."""
    (folder / name).unlink()
    assert_refused(folder, f"not a run, it has no {name}; give the folder of a run")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A mistyped name is one line, not a traceback of the operating system."""
    with pytest.raises(StoreError, match="nowhere: no such folder; give the folder of a run"):
        load(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="nowhere: no such folder; give the folder of a run"):
        RunStore.resume(tmp_path / "nowhere")


def test_errors_are_one_line(folder: Path) -> None:
    """Even if the damaged text has many lines."""
    edit_line(folder, 1, lambda facts: facts["outcome"]["case"].update({"a\nb" * 99: "x"}))
    with pytest.raises(StoreError) as caught:
        load(folder)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("seconds", [-1.0] * 8), ("seconds", []), ("rounds", [0])], ids=["negative", "none", "rounds"]
)
def test_damaged_samples_are_named(folder: Path, field: str, value: list[float]) -> None:
    """Samples that nothing can be computed from are an error of their line, not of whoever computes."""
    records = folder / "records.jsonl"
    lines = records.read_text().splitlines()
    number = next(number for number, line in enumerate(lines) if '"samples"' in line and '"seconds"' in line)
    record = json.loads(lines[number])
    record["outcome"]["result"]["samples"][field] = value
    lines[number] = json.dumps(record)
    records.write_text("\n".join(lines) + "\n")
    assert_refused(folder, rf"records\.jsonl, line {number + 1}")
