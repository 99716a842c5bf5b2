"""Promises of reading numbers: one out of its range is named by file, line and field, whatever its line's digest is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from results import StoreError, load
from results.seals import sealed, unsealed
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Measured, Run


@pytest.fixture
def folder(
    tmp_path: Path, run_of: Callable[..., Run], case_of: Callable[..., Case], measured_of: Callable[[Case], Measured]
) -> Path:
    """Return the folder of a run with one outcome."""
    RunStore.create(tmp_path / "run", run_of(case_of(), outcomes=(measured_of(case_of()),))).close()
    return tmp_path / "run"


def forge(path: Path, fields: tuple[str | int, ...], text: str) -> None:
    """Put a text in place of a field's value, and seal the line or the file again."""
    content, _ = unsealed(path.read_bytes())
    facts = json.loads(content)
    within: Any = facts
    for field in fields[:-1]:
        within = within[field]
    within[fields[-1]] = "HERE"
    changed = json.dumps(facts, separators=(",", ":")).replace('"HERE"', text)
    path.write_bytes(sealed(changed.encode()) + b"\n")


def refusal(folder: Path) -> str:
    """Return what both reading and resuming say."""
    with pytest.raises(StoreError) as read:
        load(folder)
    with pytest.raises(StoreError) as resumed:
        RunStore.resume(folder)
    assert str(read.value) == str(resumed.value)
    assert "\n" not in str(read.value)
    return str(read.value)


SAMPLES = ("outcome", "result", "samples")


@pytest.mark.parametrize(
    ("fields", "text", "said"),
    [
        ((*SAMPLES, "seconds", 2), "-1.0", "outcome.result.samples.seconds[2]: Expected `float` >= 1e-12"),
        ((*SAMPLES, "seconds", 2), "1e-320", "outcome.result.samples.seconds[2]: Expected `float` >= 1e-12"),
        ((*SAMPLES, "seconds", 0), "1e300", "outcome.result.samples.seconds[0]: Expected `float` <= 1000000000.0"),
        ((*SAMPLES, "seconds", 0), "1" + "0" * 400, "outcome.result.samples.seconds[0]: Number out of range"),
        ((*SAMPLES, "seconds", 0), "1e400", "outcome.result.samples.seconds[0]: Number out of range"),
        ((*SAMPLES, "rounds"), "[0, 2, 2]", "outcome.result.samples: rounds[2]: 2 after 2; one sample a round"),
        ((*SAMPLES, "rounds"), "[0, 2, 1]", "outcome.result.samples: rounds[2]: 1 after 2; one sample a round"),
        ((*SAMPLES, "rounds"), "[0, 1]", "outcome.result.samples: seconds: 3 of them in 2 rounds"),
        ((*SAMPLES, "rounds", 0), "-1", "outcome.result.samples.rounds[0]: Expected `int` >= 0"),
        ((*SAMPLES, "calls_per_sample"), "0", "outcome.result.samples.calls_per_sample: Expected `int` >= 1"),
        ((*SAMPLES, "precision"), "-0.1", "outcome.result.samples.precision: Expected `float` >= 0"),
        (("outcome", "case", "device"), '"cuda:' + "1" * 5000 + '"', "outcome.case.device: Expected `str` matching"),
        (("outcome", "case", "dtype"), '"float12"', "outcome.case.dtype: Expected `str` matching"),
        (("outcome", "case", "threads"), "99999999999999999999", "outcome.case.threads: Expected `int` <= 2147483647"),
        (("outcome", "case", "input", "height"), "0", "outcome.case.input.height: Expected `int` >= 1"),
        (
            ("outcome", "case", "input", "height"),
            '2000000000,"batch":2000000000',
            "outcome.case.input: 2000000000×3×2000000000×32 are",
        ),
        (("outcome", "case", "suite"), '"../../latency"', "outcome.case.suite: Expected `str` matching"),
    ],
)
def test_a_value_out_of_its_range_is_named(folder: Path, fields: tuple[str | int, ...], text: str, said: str) -> None:
    """File, line and field, in one line; the file stays as it is."""
    forge(folder / "records.jsonl", fields, text)
    before = (folder / "records.jsonl").read_bytes()
    assert f"records.jsonl, line 1: {said}" in refusal(folder)
    assert (folder / "records.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("fields", "text", "said"),
    [
        (("plan", "budget_s"), "-1.0", "plan.budget_s: Expected `float` >= 0"),
        (("plan", "suites"), '["../escape"]', "plan.suites[0]: Expected `str` matching"),
        (("plan", "blocks", 0, "baseline"), "7", "plan.blocks[0]: baseline: 7 is none of 1 cases"),
        (("plan", "blocks", 0, "cases"), "[]", "plan.blocks[0].cases: Expected `array` of length >= 1"),
        (("run_id",), '"../elsewhere"', "run_id: Expected `str` matching"),
        (("started_at",), '"yesterday"', "started_at: Expected `str` matching"),
        (("environment", "cores"), "0", "environment.cores: Expected `int` >= 1"),
    ],
)
def test_a_value_of_the_plan_out_of_its_range_is_named(
    folder: Path, fields: tuple[str | int, ...], text: str, said: str
) -> None:
    """The same of ``run.json``."""
    forge(folder / "run.json", fields, text)
    assert f"run.json: {said}" in refusal(folder)


def test_a_record_of_a_suite_that_was_not_asked_for_is_named(
    folder: Path, case_of: Callable[..., Case], measured_of: Callable[[Case], Measured]
) -> None:
    """It is of another run."""
    from results.folder import record_line

    (folder / "records.jsonl").write_bytes(record_line(measured_of(case_of(suite="memory"))))
    assert "records.jsonl, line 1: outcome.case.suite: memory is not among those of run.json: ['latency']" in refusal(
        folder
    )


@pytest.mark.parametrize(("name", "old", "new"), [("records.jsonl", b"0.25", b"0.26"), ("run.json", b"5.0", b"6.0")])
def test_an_altered_number_shows(folder: Path, name: str, old: bytes, new: bytes) -> None:
    """Though it could be true: what was measured is something else."""
    path = folder / name
    path.write_bytes(path.read_bytes().replace(old, new))
    assert "was altered: its digest is not that of what it says" in refusal(folder)


def test_a_line_without_a_digest_is_not_believed(folder: Path) -> None:
    """Whoever removes it has altered the line."""
    path = folder / "records.jsonl"
    path.write_bytes(unsealed(path.read_bytes())[0] + b"\n")
    assert "line 1: was altered" in refusal(folder)
