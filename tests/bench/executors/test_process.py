from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.executors.oom_killer import oom_kills
from bench.executors.process import describe_status
from bench.pulse import NO_CASE, SharedPulse
from results.records import Case, FailureKind, Subject

if TYPE_CHECKING:
    from pathlib import Path


def case_of(name: str) -> Case:
    return Case(suite="latency", implementation=name, source="", subject=Subject.OP, shape=(1,))


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (-signal.SIGSEGV, FailureKind.CRASH, "was killed by SIGSEGV"),
        (-signal.SIGABRT, FailureKind.CRASH, "was killed by SIGABRT"),
        (3, FailureKind.EXIT, "ended itself with status 3"),
    ],
)
@pytest.mark.parametrize("out_of_memory", [True, False, None])
def test_a_status_says_how_a_process_ended(
    status: int, kind: FailureKind, words: str, *, out_of_memory: bool | None
) -> None:
    """Signals by name, exits by number, whatever else the kernel killed meanwhile."""
    assert describe_status(status, out_of_memory=out_of_memory) == (kind, words)


@pytest.mark.parametrize(
    ("out_of_memory", "kind", "words"),
    [
        (True, FailureKind.OUT_OF_MEMORY, "was killed by SIGKILL, as the kernel does when memory runs out"),
        (False, FailureKind.CRASH, "was killed by SIGKILL: by somebody"),
        (None, FailureKind.CRASH, "was killed by SIGKILL: by the kernel because memory ran out, or by somebody"),
    ],
)
def test_the_kernels_own_kill_is_out_of_memory(
    out_of_memory: bool | None,  # noqa: FBT001 - a column of the table
    kind: FailureKind,
    words: str,
) -> None:
    """Larger batches are then not tried; where the kernel does not count its kills, both causes are named."""
    assert describe_status(-signal.SIGKILL, out_of_memory=out_of_memory) == (kind, words)


def test_the_kernels_kills_are_read_from_its_counters(tmp_path: Path) -> None:
    """One line of many; None where there is no such line or file."""
    file = tmp_path / "vmstat"
    file.write_text("nr_free_pages 12\noom_kill 3\noom_kill_x 7\n")
    assert oom_kills(file) == 3
    file.write_text("nr_free_pages 12\n")
    assert oom_kills(file) is None
    assert oom_kills(tmp_path / "missing") is None


def test_a_pulse_outlives_its_process() -> None:
    """Another process that inherits the memory says which case it is at; after its death that can still be read."""
    ours = SharedPulse.create()
    assert ours.read() == (NO_CASE, 1)
    program = (
        "import os, sys\nfrom bench.pulse import SharedPulse\nfrom results.records import Case, Subject\n"
        "cases = [Case(suite='s', implementation=n, source='', subject=Subject.OP, shape=(1,)) for n in 'ab']\n"
        f"pulse = SharedPulse({ours.descriptor})\npulse.follow(cases)\n"
        "pulse.beat(cases[0])\npulse.beat(cases[1])\nos._exit(3)"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False, pass_fds=(ours.descriptor,))
    assert ended.returncode == 3
    assert ours.read() == (1, 2)
    ours.close()
