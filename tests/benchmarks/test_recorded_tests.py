"""The pytest plugin that writes what comes of each test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from gpu_process import import_path
from recorded_tests import first_line, read_records

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import os, pathlib, signal
import pytest

def test_kills():
    if not pathlib.Path("killed").exists():
        pathlib.Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)

def test_passes():
    pass

def test_fails():
    assert 1 + 1 == 3, "no arithmetic"

@pytest.mark.skip(reason="no such library")
def test_is_skipped():
    pass

@pytest.fixture
def broken():
    raise OSError("no room")

def test_cannot_begin(broken):
    pass
"""


def run(folder: Path) -> str:
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "recorded_tests",
        "--records",
    ]
    command += ["records", "--ground", "here", "--continue-on-collection-errors", "."]
    # What belongs to the tests that run this one is not there.
    environment = {**os.environ, "PYTHONPATH": import_path(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """What passed or failed is not run again, and the test that it was killed in comes last."""
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "test_wrong.py").write_text("import not_there\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    run(tmp_path)
    found = read_records(tmp_path / "records")
    assert {name: record.outcome for name, record in found.items()} == {
        "test_wrong.py": "not collected",
        "test_it.py::test_kills": "started",
    }
    run(tmp_path)
    again = read_records(tmp_path / "records")
    assert {
        name.partition("::")[2]: (record.outcome, record.message) for name, record in again.items() if "::" in name
    } == {
        "test_kills": ("passed", ""),
        "test_passes": ("passed", ""),
        "test_fails": ("failed", "AssertionError: no arithmetic\nassert (1 + 1) == 3"),
        "test_is_skipped": ("skipped", "Skipped: no such library"),
        "test_cannot_begin": ("failed", "OSError: no room"),
    }
    lines = (tmp_path / "records").read_text().splitlines()
    assert "test_kills" in lines[-1]
    # What could not be imported is tried again; no test is left.
    run(tmp_path)
    more = (tmp_path / "records").read_text().splitlines()[len(lines) :]
    assert [json.loads(line)["test"] for line in more] == ["test_wrong.py"]
    assert {record.ground for record in again.values()} == {"here"}


QUOTED = """AssertionError: Traceback (most recent call last):
  File "<string>", line 1
torch.AcceleratorError: CUDA error: an illegal address
assert 1 == 0"""


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("assert 1 == 2\n +  where 1 = f()", "assert 1 == 2"),
        (QUOTED, "torch.AcceleratorError: CUDA error: an illegal address"),
        ("", "no message"),
    ],
)
def test_the_line_that_says_what_went_wrong(message: str, line: str) -> None:
    """The first; of another process's traceback the last that names an error."""
    assert first_line(message) == line
