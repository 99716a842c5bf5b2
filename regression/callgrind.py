"""Valgrind's callgrind: a processor in software, which counts the instructions of a call.

A process runs under it from its beginning. Until ``start`` nothing is counted, and the process is some 15 times slower
than outside; from then on some 50 times. PyTorch brings the marks between which callgrind counts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UsageError, WorkerLostError

from .calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from suites.request import Request

#: What has to be installed; they come together.
PROGRAMS = ("valgrind", "vgdb")
REMEDY = "install valgrind (apt-get install valgrind), or take times: without --instructions"
#: Callgrind adds a number for each count.
FILE = "count"
#: Names the folder for the counts to the process under callgrind.
FOLDER = "ATTNBENCH_CALLGRIND"
#: A step of a process under callgrind may take so many times as long.
SLOWER = 10
TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
#: The same in all processes: one thread, and dictionaries that lay out their strings alike.
VARIABLES = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


class CallgrindError(WorkerLostError):
    """Callgrind did not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a process is started."""

    under: tuple[str, ...] = ()
    """A command that the interpreter is given to."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of its environment."""
    slower: float = 1.0
    """How many times as long its steps may take."""


@contextmanager
def launch(calls: Calls) -> Iterator[Launch]:
    """Give what a process needs to be started with, by what becomes of the calls in it."""
    if calls is not Calls.COUNTED:
        yield Launch()
        return
    with tempfile.TemporaryDirectory(prefix="attnbench-callgrind-") as made:
        yield Launch(under=_command(Path(made)), variables={**VARIABLES, FOLDER: made}, slower=SLOWER)


def require_callgrind(request: Request) -> None:
    """See that the instructions of what is asked for can be counted here.

    Raises:
        UsageError: valgrind is not installed, or instructions would be left out.

    """
    others = [device for device in request.devices if device != "cpu"]
    if others:
        msg = f"--instructions counts those of the CPU alone: leave out --device {others[0]}"
        raise UsageError(msg)
    if (request.threads or 1) > 1:
        msg = f"--instructions counts those of one thread: leave out --threads {request.threads}"
        raise UsageError(msg)
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        msg = f"--instructions needs {' and '.join(missing)}: {REMEDY}"
        raise UsageError(msg)


def folder() -> Path:
    """Return the folder for the counts (in the process under callgrind)."""
    return Path(os.environ[FOLDER])


def _command(folder: Path) -> tuple[str, ...]:
    """Return what stands before a command so that it runs under callgrind."""
    return (
        "valgrind",
        # Its own messages are for what it cannot do: an instruction that it does not know.
        "--quiet",
        "--tool=callgrind",
        "--instr-atstart=no",
        "--collect-atstart=no",
        f"--callgrind-out-file={folder / FILE}",
        # start() talks to it by a file there.
        f"--vgdb-prefix={folder / 'vgdb'}",
    )


def start() -> None:
    """Have callgrind count from now on what is between its marks (in the process under it).

    Raises:
        CallgrindError: it does not answer.

    """
    command = ["vgdb", f"--pid={os.getpid()}", f"--vgdb-prefix={folder() / 'vgdb'}", "instrumentation", "on"]
    with tempfile.TemporaryFile() as said:
        asked = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)  # noqa: S603 - our own
        while asked.poll() is None:
            # Not asleep: a process at work looks for messages by itself; one that sleeps must be woken by ptrace,
            # which containers forbid.
            pass
        said.seek(0)
        words = said.read().decode(errors="replace")
    if asked.returncode:
        msg = f"callgrind does not answer: {' '.join(words.split())}"
        raise CallgrindError(msg)


def count(call: Callable[[], object]) -> None:
    """Call once; callgrind counts the instructions into its next file."""
    from torch._C import _valgrind_toggle, _valgrind_toggle_and_dump_stats

    _valgrind_toggle()
    call()
    _valgrind_toggle_and_dump_stats()


class Counts:
    """Reads the files that callgrind leaves, each once, and removes it.

    Args:
        folder: where they are.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = 0

    def take(self, number: int) -> tuple[int, ...]:
        """Return the next counts, in the order of the calls.

        Raises:
            CallgrindError: there are fewer.

        """
        return tuple(self._next() for _ in range(number))

    def _next(self) -> int:
        self._last += 1
        file = self._folder / f"{FILE}.{self._last}"
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
            file.unlink()
        except FileNotFoundError as error:
            msg = f"callgrind left no count of call {self._last}"
            raise CallgrindError(msg) from error
        return instructions_in(text)


def instructions_in(text: str) -> int:
    """Return the instructions that a file of callgrind's counts altogether.

    Raises:
        CallgrindError: it says nothing of them.

    """
    found = TOTAL.search(text)
    if found is None:
        msg = "callgrind's file has no total"
        raise CallgrindError(msg)
    return int(found[1])
