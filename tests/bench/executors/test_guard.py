from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.executors.guard import VARIABLE, Guard, bearers

if TYPE_CHECKING:
    from collections.abc import Callable

#: Far longer than anything here takes; what is waited for has then not come.
PATIENCE_S = 60.0

#: A module that starts a process as its own child, in its own session, and in the arms of init.
PLUGIN = """
import os, pathlib, subprocess, sys
import torch
from attn_impls import gate

STARTED = pathlib.Path(__file__).with_name("started")
SLEEP = ["sleep", "1000"]

class Scale(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))
        child = subprocess.Popen(SLEEP)
        away = subprocess.Popen(SLEEP, start_new_session=True)
        orphan = subprocess.run(["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!"], stdout=subprocess.PIPE)
        STARTED.with_name("unfinished").write_text(f"{os.getpid()} {child.pid} {away.pid} {orphan.stdout.decode()}")
        STARTED.with_name("unfinished").rename(STARTED)

    def forward(self, x):
        return x * self.scale

gate("starts_processes")(Scale)
"""
RUN = """
import signal
# A shell starts what runs in the background deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from attnbench.limits import Limits
from attnbench.measuring import carry_out, start
from suites.request import requested
chosen = dict(impls=["starts_processes"], hosts=["none"], devices=["cpu"], directions=["forward"], plugins=[{plugin!r}])
list(carry_out(start(requested(["latency"], chosen), Limits(budget_s={budget_s}, precision={precision}))))
"""


def lives(process: int) -> bool:
    """Look whether a process runs; one that has ended and waits to be asked for does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_for(come: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not come():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def start_run(folder: Path, *, budget_s: float, precision: float) -> tuple[subprocess.Popen[bytes], list[int]]:
    """Start a run of the plug-in; return it, and its worker with the three processes that this has started."""
    plugin = folder / "plugin.py"
    plugin.write_text(PLUGIN)
    program = RUN.format(plugin=str(plugin), budget_s=budget_s, precision=precision)
    run = subprocess.Popen([sys.executable, "-c", program])
    started = folder / "started"
    wait_for(lambda: started.exists() or run.poll() is not None, "the plug-in's module is built")
    return run, [int(process) for process in started.read_text().split()]


def test_a_run_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    """SIGKILL of the parent ends the worker and all that an implementation started, new sessions and orphans too."""
    run, started = start_run(tmp_path, budget_s=600.0, precision=1e-9)
    assert len(started) == 4
    assert all(map(lives, started))
    run.kill()
    run.wait()
    wait_for(lambda: not any(map(lives, started)), f"some of {started} are still there")


def test_a_run_that_is_interrupted_leaves_no_process_behind(tmp_path: Path) -> None:
    """Ctrl-C ends the run in an orderly way, and it has nothing running any more when it returns."""
    run, started = start_run(tmp_path, budget_s=600.0, precision=1e-9)
    run.send_signal(signal.SIGINT)
    assert run.wait() == -signal.SIGINT
    assert [process for process in started if lives(process)] == []


def test_a_run_that_ends_leaves_no_process_behind(tmp_path: Path) -> None:
    """What an implementation has left running ends with its worker."""
    run, started = start_run(tmp_path, budget_s=0.02, precision=1.0)
    assert run.wait() == 0
    assert [process for process in started if lives(process)] == []


def test_only_what_bears_the_mark_is_ended() -> None:
    """Another guard's processes, and this one's own, go on."""
    sleep = ["sleep", "1000"]
    with Guard() as other:
        theirs = subprocess.Popen(sleep, env=other.environment)
        ours = subprocess.Popen(sleep)
        guard = Guard()
        marked = subprocess.Popen(sleep, env=guard.environment)
        assert bearers(guard.environment[VARIABLE]) == [marked.pid]
        guard.close()
        assert marked.wait() == -signal.SIGKILL
        assert (theirs.poll(), ours.poll()) == (None, None)
        guard.close()
    assert theirs.wait() == -signal.SIGKILL
    assert ours.poll() is None
    ours.kill()
    ours.wait()


def test_the_environment_is_otherwise_the_same() -> None:
    """A marked process finds what this one finds, and this one is not marked."""
    with Guard() as guard:
        assert {name: value for name, value in guard.environment.items() if name != VARIABLE} == dict(os.environ)
        assert VARIABLE not in os.environ
