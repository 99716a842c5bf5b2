"""Did the kernel kill a process because memory ran out? It tells nobody, but it counts."""

from __future__ import annotations

from pathlib import Path

#: Linux counts here every process that it killed for want of memory, of the machine or of a control group.
COUNTER_FILE = Path("/proc/vmstat")
COUNTER = "oom_kill"


def oom_kills(file: Path = COUNTER_FILE) -> int | None:
    """Return how many processes the kernel has killed since it started because memory ran out; None if it won't say."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(count) for name, _, count in (line.partition(" ") for line in lines) if name == COUNTER), None)
