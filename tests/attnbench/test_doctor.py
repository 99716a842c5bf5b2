from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bench.doctor import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Finished

QUIET = Finding(name="system load", verdict=Verdict.OK, observed="0.08 in the last minute, on 8 cores")
WARNING = Finding(name="CPU turbo", verdict=Verdict.WARN, observed="on", remedy="echo 1 | sudo tee no_turbo")
UNKNOWN = Finding(name="swap", verdict=Verdict.UNKNOWN, observed="the system has no /proc/meminfo")
BAD = Finding(
    name="CPU quota", verdict=Verdict.BAD, observed="1.5 cores for 8 threads", remedy="attnbench run --threads 1"
)


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the doctor find what a test says."""

    def find(*findings: Finding) -> None:
        monkeypatch.setattr("attnbench.cli.doctor_command.findings_here", lambda: findings)

    return find


def test_findings_are_an_aligned_table(attnbench: Callable[..., Finished], find: Callable[..., None]) -> None:
    """One line a finding, its remedy below, counts at the end; status 1 since something is bad."""
    find(QUIET, WARNING, UNKNOWN, BAD)
    finished = attnbench("doctor")
    assert finished.status == 1
    assert finished.err == ""
    assert finished.out == (
        "system load  ok       0.08 in the last minute, on 8 cores\n"
        "CPU turbo    warn     on\n"
        "                      -> echo 1 | sudo tee no_turbo\n"
        "swap         unknown  the system has no /proc/meminfo\n"
        "CPU quota    bad      1.5 cores for 8 threads\n"
        "                      -> attnbench run --threads 1\n"
        "\n"
        "1 ok, 1 warn, 1 unknown, 1 bad\n"
    )


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_warnings_are_no_failure(
    attnbench: Callable[..., Finished], find: Callable[..., None], arguments: tuple[str, ...]
) -> None:
    """Without anything bad the exit status is 0."""
    find(QUIET, WARNING, UNKNOWN)
    assert attnbench("doctor", *arguments).status == 0


def test_json_has_all_that_was_found(attnbench: Callable[..., Finished], find: Callable[..., None]) -> None:
    """Every field of every finding, and the same exit status as the table."""
    find(QUIET, BAD)
    finished = attnbench("doctor", "--json")
    assert finished.status == 1
    assert json.loads(finished.out) == {
        "findings": [
            {
                "name": "system load",
                "verdict": "ok",
                "observed": "0.08 in the last minute, on 8 cores",
                "remedy": "",
            },
            {
                "name": "CPU quota",
                "verdict": "bad",
                "observed": "1.5 cores for 8 threads",
                "remedy": "attnbench run --threads 1",
            },
        ]
    }


def test_this_machine_is_examined(attnbench: Callable[..., Finished]) -> None:
    """On a real machine every check has a finding in words, and the exit status is theirs."""
    finished = attnbench("doctor", "--json")
    findings = json.loads(finished.out)["findings"]
    names = {found["name"] for found in findings}
    assert {
        "system load",
        "CPU governor",
        "CPU quota",
        "swap",
        "threads",
        "virtual machine",
        "noise floor, cpu",
    } <= names
    assert [found for found in findings if not found["observed"]] == []
    assert finished.status == int(any(found["verdict"] == "bad" for found in findings))


def test_the_doctor_is_the_last_command(attnbench: Callable[..., Finished]) -> None:
    """The help lists it after what a user meets earlier, and its own help ends with two examples."""
    listed = attnbench("--help").out
    assert listed.index("  paper ") < listed.index("  doctor ")
    assert attnbench("doctor", "--help").out.endswith("    attnbench doctor\n    attnbench doctor --json\n")
