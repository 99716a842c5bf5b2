"""Outputs that are closed or full are named, in one line."""

from __future__ import annotations

import errno
import subprocess
import sys

from attnbench.cli.streams import words_of


def test_a_full_output_is_named() -> None:
    """Every write to it fails; no traceback follows at the end."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        finished = run(stdout=full)
    assert (finished.returncode, finished.stderr) == (
        2,
        "attnbench: cannot write to standard output: No space left on device; give it another place\n",
    )


def test_a_closed_output_is_named() -> None:
    """Nothing else takes its number."""
    command = f"exec {sys.executable} -m attnbench list --json >&-"
    finished = subprocess.run(["/bin/sh", "-c", command], check=False, stderr=subprocess.PIPE, text=True)
    assert (finished.returncode, finished.stderr) == (
        2,
        "attnbench: cannot write to standard output: it is closed; give it another place\n",
    )


def run(**streams: object) -> subprocess.CompletedProcess[str]:
    """List what there is."""
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "attnbench", "list", "--json"],
        check=False,
        stderr=subprocess.PIPE,
        text=True,
        **streams,
    )


def test_an_error_of_no_file_is_not_taken_for_a_full_disk() -> None:
    """It is a fault of the program, which must be seen whole."""
    assert words_of(OSError(errno.EINVAL, "Invalid argument")) is None
    assert words_of(OSError(errno.ENOSPC, "No space left on device")) == (
        "cannot write: No space left on device; make room, or name another folder in TMPDIR"
    )
