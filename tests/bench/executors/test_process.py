from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from bench.executors.process import describe_status
from bench.pulse import NO_CASE, SharedPulse
from results.records import Case, FailureKind, Subject


def case_of(name: str) -> Case:
    return Case(suite="latency", implementation=name, source="", subject=Subject.OP, shape=(1,))


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (-signal.SIGSEGV, FailureKind.CRASH, "was killed by SIGSEGV"),
        (-signal.SIGABRT, FailureKind.CRASH, "was killed by SIGABRT"),
        (
            -signal.SIGKILL,
            FailureKind.CRASH,
            "was killed by SIGKILL: by the kernel because memory ran out, or by somebody",
        ),
        (3, FailureKind.EXIT, "ended itself with status 3"),
    ],
)
def test_a_status_says_how_a_process_ended(status: int, kind: FailureKind, words: str) -> None:
    """Signals by name, exits by number."""
    assert describe_status(status) == (kind, words)


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
