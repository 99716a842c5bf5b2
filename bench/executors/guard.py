"""Leave no process behind, however this one ends: a small process waits for its end, and ends what it has started.

A signal at the parent's death (PR_SET_PDEATHSIG) reaches the worker alone, and a process group loses those who begin a
session of their own. A variable of the environment stays with all that a process starts, whoever becomes their parent:
it is the mark. The guard runs this file alone, without the packages around it, which take longer to load.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

PROCESSES = Path("/proc")
#: The variable of the environment whose value tells one guard's processes from another's.
VARIABLE = "ATTNBENCH_GUARD"
#: Killed processes are gone within milliseconds; those that wait for a broken disk may stay.
LOOKS = 100
BETWEEN_LOOKS_S = 0.05
#: More than all looks take.
CLOSE_LIMIT_S = 60.0


class Guard:
    """Ends every process that bears its mark when it is closed, or when the process that made it dies.

    It finds them in ``/proc``; where there is none, it does nothing. A process that empties its environment escapes.
    """

    def __init__(self) -> None:
        """Begin to wait."""
        mark = secrets.token_hex(16)
        unmarked = {name: value for name, value in os.environ.items() if name != VARIABLE}
        self.environment = {**unmarked, VARIABLE: mark}
        """For what is to be ended: this process's own environment, and the mark."""
        # -I and -S: nothing but the standard library, found without looking around.
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", __file__, mark],
            # Its other end closes with this process, and tells of that.
            stdin=subprocess.PIPE,
            # What reads our output must not wait for the guard.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # A guard inside a guarded process has to outlive it, to end what that has started.
            env=unmarked,
            # Ctrl-C and a closed terminal end the parent, and then it is time to act.
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        """Return the guard itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End what bears the mark; it is gone when this returns. Closing twice does nothing."""
        if self._process.stdin is None or self._process.stdin.closed:
            return
        # A word, not only the end of the pipe: a process that was forked meanwhile holds its other end too.
        try:
            self._process.communicate(b".", timeout=CLOSE_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def bearers(mark: str) -> list[int]:
    """Return the ids of the living processes that were started with this mark."""
    sought = f"{VARIABLE}={mark}".encode()
    found = []
    for process in PROCESSES.glob("[0-9]*"):
        # Another user's, or gone meanwhile.
        with suppress(OSError):
            if sought in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def end_all(mark: str) -> None:
    """Kill what bears the mark, and what that starts meanwhile."""
    for _ in range(LOOKS):
        alive = bearers(mark)
        if not alive:
            return
        for process in alive:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(BETWEEN_LOOKS_S)


def main() -> None:
    """Wait for a word, or for the other end of standard input to be closed; then end everything that bears the mark."""
    sys.stdin.buffer.read(1)
    end_all(sys.argv[1])


if __name__ == "__main__":
    main()
