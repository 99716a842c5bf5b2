"""A piece of a session as a process: with a limit, and gone with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from gpu_sizes import HERE
from gpu_summary import Status

from bench.executors.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Killed processes are gone within milliseconds; those that wait for a broken device may stay.
GONE_S = 10.0


def run_guarded(command: Sequence[str], log: Path, limit_s: float) -> Status:
    """Run a command that writes into a log; whatever it has started is gone when this returns."""
    with Guard() as guard, log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**guard.environment, "PYTHONPATH": import_path(), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        try:
            return Status.DONE if process.wait(limit_s) == 0 else Status.FAILED
        except subprocess.TimeoutExpired:
            return Status.TIMED_OUT
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GONE_S)


def import_path() -> str:
    """Return what PYTHONPATH must be for another process to find what this one does, and this folder's commands."""
    return os.pathsep.join(dict.fromkeys((str(HERE), *filter(None, sys.path))))
