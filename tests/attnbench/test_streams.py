"""Outputs that are closed or full are named, in one line."""

from __future__ import annotations

import subprocess
import sys


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
