"""Promises of writing: nothing outside the folder is touched, whatever lies in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from results import StoreError, load
from results.durable import append, read_regular, remove_unfinished, replace_file
from results.journal import Journal
from results.outcomes import Sampled
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Run


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a file that is nobody's to change."""
    path = tmp_path / "outside"
    path.write_text("precious")
    return path


@pytest.fixture
def folder(tmp_path: Path, run_of: Callable[..., Run], case_of: Callable[..., Case]) -> Path:
    """Return the folder of a run without outcomes."""
    RunStore.create(tmp_path / "run", run_of(case_of())).close()
    return tmp_path / "run"


def test_a_link_is_replaced_and_not_followed(tmp_path: Path, outside: Path) -> None:
    """What it leads to stays as it is."""
    link = tmp_path / "report.md"
    link.symlink_to(outside)
    replace_file(link, "new")
    assert (link.is_symlink(), link.read_text(), outside.read_text()) == (False, "new", "precious")


def test_no_name_is_known_before_it_is_written_to(tmp_path: Path, outside: Path) -> None:
    """A link at the name that unfinished files once had is nothing to us."""
    (tmp_path / ".report.md.unfinished").symlink_to(outside)
    replace_file(tmp_path / "report.md", "new")
    assert outside.read_text() == "precious"


@pytest.mark.parametrize("name", ["run.json", "records.jsonl"])
def test_a_link_in_a_run_s_folder_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    """By reading and by resuming."""
    elsewhere = tmp_path / name
    (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    for read in (load, RunStore.resume):
        with pytest.raises(StoreError, match=f"{name}: it is a link"):
            read(folder)
    assert elsewhere.read_bytes() == before


@pytest.mark.parametrize("name", ["run.json", "records.jsonl"])
def test_a_pipe_in_a_run_s_folder_is_refused(folder: Path, name: str) -> None:
    """Nobody waits for its other end."""
    (folder / name).unlink()
    os.mkfifo(folder / name)
    for read in (load, RunStore.resume):
        with pytest.raises(StoreError, match=f"{name}: it is no regular file"):
            read(folder)


def test_records_with_another_name_are_not_written(folder: Path, tmp_path: Path) -> None:
    """A hard link leads out of the folder too."""
    os.link(folder / "records.jsonl", tmp_path / "other name")
    with pytest.raises(StoreError, match="it has another name, by a hard link"):
        RunStore.resume(folder)


def test_samples_are_not_noted_in_a_link(folder: Path, outside: Path, case_of: Callable[..., Case]) -> None:
    """The journal opens its file anew for each sample."""
    (folder / "samples.jsonl").symlink_to(outside)
    sampled = Sampled(case=case_of(), round=0, seconds=0.5, calls=1)
    with RunStore.resume(folder) as store, pytest.raises(StoreError, match=r"samples\.jsonl: it is a link"):
        store.note(sampled)
    assert outside.read_text() == "precious"


def test_what_a_killed_process_left_is_removed_by_the_next(folder: Path) -> None:
    """Files of other names stay."""
    left = folder / f".run.json.{'0a' * 8}.unfinished"
    for path in (left, folder / ".mine.unfinished"):
        path.write_text("half")
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / f".3f.checkpoint.{'0a' * 8}.unfinished").write_text("half")
    RunStore.resume(folder).close()
    names = sorted(path.name for path in folder.iterdir())
    assert names == [".mine.unfinished", "checkpoints", "records.jsonl", "run.json"]
    assert not list((folder / "checkpoints").iterdir())


def test_a_full_name_space_leaves_nothing_behind(tmp_path: Path) -> None:
    """A folder that cannot be replaced by a file is an error, and the unfinished file goes."""
    (tmp_path / "report.md").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "report.md", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]
    remove_unfinished(tmp_path)


def test_appended_lines_are_read(tmp_path: Path) -> None:
    """The file is made by the first."""
    append(tmp_path / "a", b"one\n")
    append(tmp_path / "a", b"two\n")
    assert read_regular(tmp_path / "a") == b"one\ntwo\n"


def noted(folder: Path, case: Case) -> list[tuple[int, float]]:
    """Return rounds and seconds that are noted of a case."""
    return [(each.round, each.seconds) for each in Journal(folder).read((case,)).get(case, ())]


def test_noted_samples_are_read(tmp_path: Path, case_of: Callable[..., Case]) -> None:
    """In the order taken."""
    case, journal = case_of(), Journal(tmp_path)
    for number, seconds in ((0, 0.5), (3, 0.25)):
        journal.note(Sampled(case=case, round=number, seconds=seconds, calls=2))
    assert noted(tmp_path, case) == [(0, 0.5), (3, 0.25)]


@pytest.mark.parametrize(
    ("number", "seconds", "calls"), [(0, 0.5, 1), (1, -1.0, 1), (1, 1e-320, 1), (1, float("nan"), 1), (1, 0.5, 0)]
)
def test_a_bad_line_of_the_journal_is_left_out(
    tmp_path: Path, case_of: Callable[..., Case], number: int, seconds: float, calls: int
) -> None:
    """A round twice or a number out of its range costs that sample alone."""
    case, journal = case_of(), Journal(tmp_path)
    journal.note(Sampled(case=case, round=0, seconds=0.5, calls=1))
    journal.note(Sampled(case=case, round=number, seconds=seconds, calls=calls))
    journal.note(Sampled(case=case, round=2, seconds=0.25, calls=1))
    assert noted(tmp_path, case) == [(0, 0.5), (2, 0.25)]


@pytest.mark.parametrize(
    "text", [b"hello\n", b"\xff\xfe\n", b"[1,2\n", b"[" * 100_000 + b"\n", b'{"digest":"0","key":\n']
)
def test_foreign_lines_of_the_journal_are_left_out(tmp_path: Path, case_of: Callable[..., Case], text: bytes) -> None:
    """Whatever they are."""
    case = case_of()
    (tmp_path / "samples.jsonl").write_bytes(text)
    Journal(tmp_path).note(Sampled(case=case, round=1, seconds=0.5, calls=1))
    assert noted(tmp_path, case) == [(1, 0.5)]


def test_an_altered_line_of_the_journal_is_left_out(tmp_path: Path, case_of: Callable[..., Case]) -> None:
    """Its number could be true, and is not what was measured."""
    case, path = case_of(), tmp_path / "samples.jsonl"
    Journal(tmp_path).note(Sampled(case=case, round=0, seconds=0.5, calls=1))
    path.write_bytes(path.read_bytes().replace(b"0.5", b"0.4"))
    assert noted(tmp_path, case) == []
