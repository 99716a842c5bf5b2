"""Promises of the store: nothing that was written is lost, and nothing foreign is touched."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import nan
from typing import TYPE_CHECKING

import pytest

from results import SCHEMA_VERSION, StoreError, StoreWarning, load
from results.blocks import blocks_of
from results.records import Case, Latency, Measured, NoiseFloor, Run, Samples, Skipped, Subject, Timing
from results.store import RunStore

if TYPE_CHECKING:
    from pathlib import Path

MakeCase = Callable[..., Case]
MakeRun = Callable[..., Run]
MakeMeasured = Callable[[Case], Measured]

#: Takes a folder; resumes the run in it, measures its first missing case, says so, and then waits to be killed.
WRITER = """
import sys, time
from results.records import Skipped
from results.store import RunStore
with RunStore.resume(sys.argv[1]) as store:
    store.append(Skipped(case=store.missing()[0], reason="too large"))
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def cases(case_of: MakeCase) -> tuple[Case, ...]:
    """Return three cases to plan."""
    return tuple(case_of(implementation=name) for name in ("none", "se", "cbam"))


@pytest.fixture
def folder(tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...], measured_of: MakeMeasured) -> Path:
    """Return the folder of a run of three cases, two of which have an outcome."""
    path = tmp_path / "runs" / "first"
    with RunStore.create(path, run_of(*cases)) as store:
        store.append(measured_of(cases[0]))
        store.append(Skipped(case=cases[1], reason="too large"))
    return path


@contextmanager
def writing_in_another_process(folder: Path) -> Iterator[None]:
    """Let another process write an outcome and keep the run open; it is killed (kill -9) at the end."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        yield
    finally:
        process.kill()
        process.communicate()


@contextmanager
def full_disk(bytes_left_from: int) -> Iterator[None]:
    """Let no file grow beyond this size, as on a full disk: a write stops in the middle and fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left_from, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_was_written_is_read(
    folder: Path, run_of: MakeRun, cases: tuple[Case, ...], measured_of: MakeMeasured
) -> None:
    """The run that is loaded equals the run that was written, outcomes in the order of writing."""
    outcomes = (measured_of(cases[0]), Skipped(case=cases[1], reason="too large"))
    assert load(folder) == run_of(*cases, outcomes=outcomes)
    assert load(str(folder)) == load(folder)


def test_what_a_line_looks_like(folder: Path, cases: tuple[Case, ...]) -> None:
    """One line an outcome, each with its schema version and its key."""
    first, second = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    assert first["schema_version"] == SCHEMA_VERSION
    assert first["outcome"]["case"]["implementation"] == cases[0].implementation
    assert second["outcome"]["type"] == "skipped"
    assert second["key"] != first["key"]


def test_a_run_without_outcomes_is_a_run(tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...]) -> None:
    """A run that was killed before its first outcome can be read and resumed."""
    RunStore.create(tmp_path / "run", run_of(*cases)).close()
    assert load(tmp_path / "run").outcomes == ()
    with RunStore.resume(tmp_path / "run") as store:
        assert store.missing() == cases


def test_what_disturbed_a_run_is_kept_once(folder: Path) -> None:
    """The same line in two sessions is one."""
    for _ in range(2):
        with RunStore.resume(folder) as store:
            store.add_disturbance("2 threads had 1.0 idle cores to run on")
    assert load(folder).disturbances == ("2 threads had 1.0 idle cores to run on",)


def test_a_finished_run_can_be_written_at_once(
    tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...], measured_of: MakeMeasured
) -> None:
    """The outcomes that a run already has are written when it is created."""
    run = run_of(*cases, outcomes=tuple(measured_of(case) for case in cases))
    RunStore.create(tmp_path / "copy", run).close()
    assert load(tmp_path / "copy") == run


def test_resume_knows_what_is_missing(folder: Path, cases: tuple[Case, ...], measured_of: MakeMeasured) -> None:
    """Only the case without an outcome is left, and none when it has one."""
    with RunStore.resume(folder) as store:
        assert store.missing() == (cases[2],)
        store.append(measured_of(cases[2]))
        assert store.missing() == ()
        assert store.run == load(folder)
    assert [outcome.case for outcome in load(folder).outcomes] == list(cases)


def test_a_case_planned_twice_is_missing_once(tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...]) -> None:
    """Equal cases are one measurement."""
    with RunStore.create(tmp_path / "run", run_of(*cases, *cases)) as store:
        assert store.missing() == cases


def test_kill_loses_nothing_that_was_written(folder: Path, cases: tuple[Case, ...]) -> None:
    """After kill -9 the outcome is there, the lock is free, and the run can go on."""
    with writing_in_another_process(folder):
        pass
    assert [outcome.case for outcome in load(folder).outcomes] == list(cases)
    with RunStore.resume(folder) as store:
        assert store.missing() == ()


def test_two_processes_cannot_write_one_run(folder: Path) -> None:
    """The second is turned away; the first can still be read."""
    with writing_in_another_process(folder):
        with pytest.raises(StoreError, match="is being written by another process"):
            RunStore.resume(folder)
        assert len(load(folder).outcomes) == 3


@pytest.mark.parametrize("left", [1, 17, 300, -1])
def test_a_torn_last_line_is_left_out(
    folder: Path, cases: tuple[Case, ...], measured_of: MakeMeasured, left: int
) -> None:
    """Wherever the last line breaks off, the lines before count, and its case is measured again."""
    records = folder / "records.jsonl"
    first, second = records.read_bytes().splitlines(keepends=True)
    # Not even the closing brace: only the newline missing would be no loss.
    records.write_bytes(first + second[:-1][:left])
    with pytest.warns(StoreWarning, match="line 2: cut off while it was written"):
        assert [outcome.case for outcome in load(folder).outcomes] == [cases[0]]
    with pytest.warns(StoreWarning, match="line 2"):
        store = RunStore.resume(folder)
    with store:
        assert records.read_bytes() == first
        assert store.missing() == (cases[1], cases[2])
        store.append(measured_of(cases[1]))
    assert [outcome.case for outcome in load(folder).outcomes] == [cases[0], cases[1]]


def test_a_last_line_without_its_newline_counts(
    folder: Path, cases: tuple[Case, ...], measured_of: MakeMeasured
) -> None:
    """A line that is whole but for its newline is kept, and the next one does not run into it."""
    records = folder / "records.jsonl"
    records.write_bytes(records.read_bytes().removesuffix(b"\n"))
    assert len(load(folder).outcomes) == 2
    with RunStore.resume(folder) as store:
        store.append(measured_of(cases[2]))
    assert len(load(folder).outcomes) == 3


def test_a_full_disk_keeps_what_was_written(folder: Path, cases: tuple[Case, ...], measured_of: MakeMeasured) -> None:
    """A line that does not fit is an error; half of it is removed, and it can be written once there is room."""
    records = folder / "records.jsonl"
    before = records.read_bytes()
    with RunStore.resume(folder) as store:
        with (
            full_disk(len(before) + 100),
            pytest.raises(StoreError, match=r"cannot write .*records\.jsonl: .*make room"),
        ):
            store.append(measured_of(cases[2]))
        assert records.read_bytes() == before
        assert store.missing() == (cases[2],)
        store.append(measured_of(cases[2]))
    assert len(load(folder).outcomes) == 3


def test_a_full_disk_leaves_no_half_made_run(tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...]) -> None:
    """A run that could not be created can be created in the same folder once there is room."""
    with full_disk(100), pytest.raises(StoreError, match=r"cannot write .*run\.json"):
        RunStore.create(tmp_path / "run", run_of(*cases))
    RunStore.create(tmp_path / "run", run_of(*cases)).close()
    assert load(tmp_path / "run") == run_of(*cases)


def test_replan_plans_other_cases(folder: Path, case_of: MakeCase, cases: tuple[Case, ...]) -> None:
    """A changed implementation takes the place of the old one, whose outcome is kept but no longer shown."""
    changed = case_of(implementation="none", source="77aa")
    with RunStore.resume(folder) as store:
        store.replan(blocks_of((changed, *cases[1:])))
        assert store.missing() == (changed, cases[2])
        assert [outcome.case for outcome in store.run.outcomes] == [cases[1]]
    assert load(folder).plan.cases == (changed, *cases[1:])
    with RunStore.resume(folder) as store:
        store.replan(blocks_of(cases))
        assert store.missing() == (cases[2],)


def test_replan_on_a_full_disk_keeps_the_plan(folder: Path, cases: tuple[Case, ...]) -> None:
    """The header is replaced as a whole or not at all."""
    before = (folder / "run.json").read_bytes()
    with RunStore.resume(folder) as store:
        with full_disk(100), pytest.raises(StoreError, match=r"cannot write .*run\.json"):
            store.replan(blocks_of(cases[:1]))
        assert store.run.plan.cases == cases
    assert (folder / "run.json").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["records.jsonl", "run.json"]


def test_a_folder_that_exists_is_refused(tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...]) -> None:
    """A run is never written among other files."""
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(StoreError, match="exists; choose another folder"):
        RunStore.create(tmp_path, run_of(*cases))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...]) -> None:
    """The message says where and why."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match=r"cannot write to .*file.*: Not a directory; choose another folder"):
        RunStore.create(tmp_path / "file" / "run", run_of(*cases))


def test_a_second_outcome_of_a_case_is_refused(folder: Path, cases: tuple[Case, ...]) -> None:
    """What was measured is not measured over."""
    with RunStore.resume(folder) as store, pytest.raises(StoreError, match="already has an outcome"):
        store.append(Skipped(case=cases[0], reason="too large"))


def test_an_unplanned_case_is_refused(folder: Path, case_of: MakeCase) -> None:
    """An outcome that no reader would show is not written."""
    with RunStore.resume(folder) as store, pytest.raises(StoreError, match="not in the plan"):
        store.append(Skipped(case=case_of(implementation="bam"), reason="too large"))


def test_an_outcome_that_cannot_be_stored_is_refused(
    folder: Path, cases: tuple[Case, ...], samples_of: Callable[..., Samples]
) -> None:
    """A number that JSON cannot hold is an error that names the field; nothing is written."""
    before = (folder / "records.jsonl").read_bytes()
    with RunStore.resume(folder) as store, pytest.raises(StoreError, match=r"samples\.seconds\[0\] is nan"):
        store.append(Measured(case=cases[2], result=Latency(samples=samples_of(nan))))
    assert (folder / "records.jsonl").read_bytes() == before


def test_a_closed_store_writes_nothing(folder: Path, cases: tuple[Case, ...]) -> None:
    """After its with block a store is closed, and says so."""
    with RunStore.resume(folder) as store:
        pass
    with pytest.raises(StoreError, match="the run is closed"):
        store.append(Skipped(case=cases[2], reason="too large"))
    with pytest.raises(StoreError, match="the run is closed"):
        store.replan(blocks_of(cases[:1]))


@pytest.mark.parametrize("session", [(), (0.02, 0.03)])
def test_every_session_adds_its_noise_floors(
    tmp_path: Path, run_of: MakeRun, cases: tuple[Case, ...], session: tuple[float, ...]
) -> None:
    """A session that times nothing adds nothing; what was there stays."""
    first, *others = (
        NoiseFloor(
            relative=relative,
            pairs=40,
            seconds_per_call=0.002,
            builds=6,
            device="cpu",
            timing=Timing.HOT,
            subject=Subject.NETWORK,
        )
        for relative in (0.01, *session)
    )
    with RunStore.create(tmp_path / "run", run_of(*cases)) as store:
        store.add_noise_floors((first,))
    with RunStore.resume(tmp_path / "run") as store:
        store.add_noise_floors(tuple(others))
    assert load(tmp_path / "run").noise_floors == (first, *others)
