"""A pytest plugin that writes what comes of each test at once: a run that is killed has told what it knows.

``pytest -p recorded_tests --records FILE`` adds lines of JSON to FILE. Given the same FILE again, pytest runs only what
has no outcome in it; tests at which a run was killed come last.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Stays a test's outcome only if the run is killed in it.
STARTED = "started"
PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"
NOT_COLLECTED = "not collected"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord:
    """What came of one test, or of a file that could not be imported."""

    __test__ = False

    test: str
    """pytest's node id."""
    ground: str
    """Where the tests ran, as ``--ground`` said."""
    outcome: str
    seconds: float = 0.0
    message: str = ""
    """Of a failure or a skip, as pytest words it."""


def read_records(path: Path) -> dict[str, TestRecord]:
    """Return the last record of each test, in the order of their first; nothing where there is no file.

    A last line that was cut off while it was written is left out.
    """
    found: dict[str, TestRecord] = {}
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    for line in lines:
        record = TestRecord(**json.loads(line))
        found[record.test] = record
    return found


class Recorder:
    """Writes a line when a test begins, and one for its outcome."""

    def __init__(self, path: Path, ground: str) -> None:
        """Read what earlier runs have written."""
        self._path = path
        self._ground = ground
        self._earlier = read_records(path)

    # After tests/conftest.py has deselected what needs a GPU where there is none.
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what has an outcome, and put off what a run was killed at."""
        done, cut_off = self._named(STARTED)
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
        items[:] = sorted((item for item in items if item.nodeid not in done), key=lambda item: item.nodeid in cut_off)

    def _named(self, outcome: str) -> tuple[set[str], set[str]]:
        """Return the tests with another outcome than this one, and those with it."""
        with_it = {name for name, record in self._earlier.items() if record.outcome == outcome}
        return self._earlier.keys() - with_it, with_it

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which test is at hand."""
        self._write(nodeid, STARTED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note an outcome: of the call, or of what went wrong before or after it."""
        if report.when == "call" or not report.passed:
            self._write(report.nodeid, report.outcome, seconds=report.duration, message=_message(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be imported."""
        if report.failed:
            self._write(report.nodeid, NOT_COLLECTED, message=_message(report))

    def _write(self, test: str, outcome: str, *, seconds: float = 0.0, message: str = "") -> None:
        record = TestRecord(test=test, ground=self._ground, outcome=outcome, seconds=seconds, message=message)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record)) + "\n")


def _message(report: pytest.TestReport | pytest.CollectReport) -> str:
    wrong = report.longrepr
    if isinstance(wrong, tuple):
        # Of a skip: file, line, reason.
        return wrong[2]
    crash = getattr(wrong, "reprcrash", None)
    return str(wrong or "") if crash is None else str(crash.message)


def first_line(message: str) -> str:
    """Return the line of a message that says what went wrong: of a quoted traceback its last."""
    lines = message.splitlines() or ["no message"]
    errors = [line for line in lines if _names_an_error(line)]
    return errors[-1] if "Traceback (most recent call last)" in message and errors else lines[0]


def _names_an_error(line: str) -> bool:
    name, colon, _ = line.partition(":")
    return bool(colon) and name.endswith(("Error", "Exception")) and " " not in name and "Traceback" not in line


def counts(records: Mapping[str, TestRecord]) -> dict[str, int]:
    """Return how many tests came to each outcome."""
    found: dict[str, int] = {}
    for record in records.values():
        found[record.outcome] = found.get(record.outcome, 0) + 1
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file, and what to write into it of where the tests run."""
    parser.addoption("--records", type=Path, required=True, help="Write a line of JSON for each test to this file.")
    parser.addoption("--ground", default="", help="Where the tests run, in words.")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record."""
    config.pluginmanager.register(
        Recorder(config.getoption("--records"), config.getoption("--ground")), "attnbench-recorder"
    )
