"""A plug-in of more gates that fail: messages that cannot be had, signals, junk for the parent, ends that are none."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import stat
import struct
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from attn_impls import gate

if TYPE_CHECKING:
    from collections.abc import Callable


class UnprintableError(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        msg = "no words"
        raise ValueError(msg)


class NumberError(Exception):
    """Says a number."""

    def __str__(self) -> str:
        return 3  # type: ignore[return-value]  # noqa: PLE0307 - the fault


class OwnBaseError(BaseException):
    """No Exception."""


def _raise(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def _signal(number: int) -> Callable[[], None]:
    def fail() -> None:
        os.kill(os.getpid(), number)
        time.sleep(60)

    return fail


def _sockets() -> list[int]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            mode = os.fstat(int(entry.name)).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode):
            found.append(int(entry.name))
    return found


def _write(data: bytes) -> Callable[[], None]:
    def fail() -> None:
        for descriptor in _sockets():
            os.write(descriptor, data)
        time.sleep(60)

    return fail


def _framed(body: bytes) -> bytes:
    return struct.pack("!i", len(body)) + body


def _cyclic() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    raise one


def _recurse() -> None:
    _recurse()


def _close_and_go_on() -> None:
    os.closerange(3, 256)
    time.sleep(60)


def _leave_a_fork() -> None:
    if os.fork() == 0:
        time.sleep(60)
    os._exit(4)


def _leave_by_thread() -> None:
    threading.Thread(target=os._exit, args=(5,)).start()
    time.sleep(60)


def _spin() -> None:
    while True:
        pass


def _block_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(60)


def _lock_twice() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


#: Name -> what its call does, kind of the outcome, and words of its error.
FAULTS: dict[str, tuple[Callable[[], object], str, str]] = {
    "unprintable": (_raise(UnprintableError()), "exception", "its message cannot be had: ValueError"),
    "number": (_raise(NumberError()), "exception", "its message cannot be had: TypeError"),
    "keyboard-interrupt": (_raise(KeyboardInterrupt()), "exception", "KeyboardInterrupt: no message"),
    "system-exit": (_raise(SystemExit(0)), "exception", "SystemExit: 0"),
    "generator-exit": (_raise(GeneratorExit()), "exception", "GeneratorExit"),
    "own-base": (_raise(OwnBaseError("mine")), "exception", "OwnBaseError: mine"),
    "stop-iteration": (_raise(StopIteration(1)), "exception", "StopIteration"),
    "recursion": (_recurse, "exception", "RecursionError"),
    "long": (_raise(ValueError("x" * 10**7)), "exception", "ValueError: xxx"),
    "controls": (_raise(ValueError("\x1b[2Jgone")), "exception", "ValueError: \ufffd[2Jgone"),
    "surrogate": (_raise(ValueError("half \ud800")), "exception", "ValueError: half \ufffd"),
    "empty": (_raise(ValueError()), "exception", "ValueError: no message"),
    "lines": (_raise(ValueError("first\nsecond")), "exception", "ValueError: first"),
    "mentions-slots": (_raise(RuntimeError("not enough memory slots")), "exception", "memory slots"),
    "mentions-bank": (_raise(RuntimeError("ran out of memory bank entries")), "exception", "memory bank"),
    "mentions-thoughts": (_raise(RuntimeError("can't allocate memory tokens")), "exception", "memory tokens"),
    "signal-int": (_signal(signal.SIGINT), "exception", "KeyboardInterrupt"),
    "type": (lambda: torch.ones(1) + None, "exception", "TypeError"),  # type: ignore[operator]
    "index": (lambda: list[int]()[0], "exception", "IndexError"),
    "reshape": (lambda: torch.ones(4).reshape(3), "exception", "RuntimeError: shape"),
    "matmul": (lambda: torch.ones(2, 3) @ torch.ones(2, 3), "exception", "mat1 and mat2 shapes"),
    "assertion": (_raise(AssertionError()), "exception", "AssertionError: no message"),
    "division": (lambda: 1 // 0, "exception", "ZeroDivisionError"),
    "attribute": (lambda: torch.ones(1).no_such, "exception", "AttributeError"),  # type: ignore[attr-defined]
    "import": (lambda: __import__("no_such_module"), "exception", "ModuleNotFoundError"),
    "file": (Path("/nonexistent/file").read_text, "exception", "FileNotFoundError"),
    "not-implemented": (_raise(NotImplementedError()), "exception", "NotImplementedError"),
    "decode": (b"\xff".decode, "exception", "UnicodeDecodeError"),
    "group": (_raise(ExceptionGroup("two", [ValueError("one")])), "exception", "ExceptionGroup: two"),
    "cyclic": (_cyclic, "exception", "ValueError: one"),
    "timeout": (_raise(TimeoutError("late")), "exception", "TimeoutError: late"),
    "broken-pipe": (_raise(BrokenPipeError("broken")), "exception", "BrokenPipeError: broken"),
    "eof": (_raise(EOFError("end")), "exception", "EOFError: end"),
    "memory-error": (_raise(MemoryError()), "out of memory", "MemoryError"),
    "bytes": (lambda: bytearray(2**62), "out of memory", "MemoryError"),
    "signal-term": (_signal(signal.SIGTERM), "crash", "SIGTERM"),
    "signal-hup": (_signal(signal.SIGHUP), "crash", "SIGHUP"),
    "signal-kill": (_signal(signal.SIGKILL), "crash", "SIGKILL"),
    "signal-bus": (_signal(signal.SIGBUS), "crash", "SIGBUS"),
    "signal-fpe": (_signal(signal.SIGFPE), "crash", "SIGFPE"),
    "signal-ill": (_signal(signal.SIGILL), "crash", "SIGILL"),
    "signal-alrm": (_signal(signal.SIGALRM), "crash", "SIGALRM"),
    "signal-usr1": (_signal(signal.SIGUSR1), "crash", "SIGUSR1"),
    "signal-real-time": (_signal(signal.SIGRTMIN + 3), "crash", "signal 37"),
    "signal-quit": (_signal(signal.SIGQUIT), "crash", "SIGQUIT"),
    "null-write": (lambda: ctypes.memset(0, 1, 8), "crash", "SIGSEGV"),
    "exit-0": (lambda: os._exit(0), "exit", "status 0"),
    "exit-255": (lambda: os._exit(255), "exit", "status 255"),
    "exit-by-thread": (_leave_by_thread, "exit", "status 5"),
    "exit-leaving-a-fork": (_leave_a_fork, "exit", "status 4"),
    "closes-and-goes-on": (_close_and_go_on, "crash", "closed its connection"),
    "junk-length": (_write(b"\x7f\xff\xff\xffjunk"), "crash", "no message"),
    "junk-pickle": (_write(_framed(b"junk")), "crash", "no message"),
    "junk-object": (_write(_framed(pickle.dumps("junk"))), "crash", "no message"),
    "half-a-message": (_write(struct.pack("!i", 10**6) + b"half"), "hang", "did not finish a step"),
    "signal-stop": (_signal(signal.SIGSTOP), "hang", "did not finish a step"),
    "spins": (_spin, "hang", "did not finish a step"),
    "blocks-signals": (_block_signals, "hang", "did not finish a step"),
    "locks-twice": (_lock_twice, "hang", "did not finish a step"),
}


class Faulty(nn.Module):
    """Scales every channel, after a fault."""

    fault: Callable[[], object]

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        type(self).fault()
        return x * self.scale


class NanLater(Faulty):
    """Its first results are good."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x * self.scale if self.calls < 9 else x * float("nan")


class NanOnce(Faulty):
    """One element."""

    def forward(self, x: Tensor) -> Tensor:
        result = x * self.scale
        result.view(-1)[3] = float("nan")
        return result


class ExitsWhenBuilt(Faulty):
    """Leaves Python in its constructor."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        raise SystemExit(0)


class HangsWhenBuilt(Faulty):
    """Never is there."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        time.sleep(60)


#: Class -> kind of its outcome, and words of its error.
CLASSES: dict[type[Faulty], tuple[str, str]] = {
    NanLater: ("NaN output", "after the last sample"),
    NanOnce: ("NaN output", "1 of "),
    ExitsWhenBuilt: ("exception", "SystemExit: 0"),
    HangsWhenBuilt: ("hang", "did not finish a step"),
}
#: Implementation -> kind of its outcome, and words of its error.
EXPECTED: dict[str, tuple[str, str]] = {f"worse/{name}": (kind, words) for name, (_, kind, words) in FAULTS.items()}
EXPECTED |= {f"worse/{cls.__name__}": expected for cls, expected in CLASSES.items()}

for cls in CLASSES:
    gate(f"worse/{cls.__name__}")(cls)
for name, (fault, _, _) in FAULTS.items():
    class_name = f"Faulty{name.title().replace('-', '')}"
    contents = {"__module__": __name__, "__doc__": "Faulty.", "fault": staticmethod(fault)}
    globals()[class_name] = gate(f"worse/{name}")(type(class_name, (Faulty,), contents))
