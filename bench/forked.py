"""Something done in a copy of this process, so that nothing of it stays: memory, threads, a device's context.

The copy begins in milliseconds where a new interpreter imports torch for seconds. It must be made before this process
has used threads of OpenMP or opened a context of CUDA: neither works in a copy.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Signals that have no other handler than the system's.
UNCATCHABLE = frozenset({signal.SIGKILL, signal.SIGSTOP})


def in_a_child(work: Callable[[], object]) -> None:
    """Do something in a copy of this process, and wait for its end. If it ends badly, so does this one.

    Whoever watches this process then sees what became of the copy: the signal, or the exit status.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    ours = os.getpid()
    child = os.fork()
    if not child:
        os._exit(_status_of(work, ours))
    _, waited = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(waited)
    if status > 0:
        os._exit(status)
    if status < 0:
        # The copy has told where it happened.
        faulthandler.disable()
        if -status not in UNCATCHABLE:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(ours, -status)


def _status_of(work: Callable[[], object], parent: int) -> int:
    """Do the work in the copy; return its exit status."""
    die_with(parent)
    try:
        work()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, the copy must not go on as if it were its parent
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, however that happens, hangs of our own included."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1  # PR_SET_PDEATHSIG, linux/prctl.h
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
