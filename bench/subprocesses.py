"""Our own functions in fresh interpreters, each of which is ended together with all that it has started.

This process must never open a CUDA context: it would hold memory of the GPU for the whole run, and on a GPU that lets
in one process at a time the worker could then open none. What has to ask CUDA is called in a subprocess, which has
ended when the answer is there.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from typing import IO, TYPE_CHECKING, Generic, NamedTuple, ParamSpec, TypeVar

from .errors import WorkerLostError
from .executors.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

#: A killed process is gone within milliseconds; one with much memory takes seconds.
KILL_LIMIT_S = 30.0
#: The child takes over the parent's import path: what the parent found, it finds.
PROGRAM = "import sys, pickle; sys.path[:] = {path!r}; called, given = pickle.load(sys.stdin.buffer); called(*given)"


#: Seconds between two looks at what a process has yielded.
LOOK_S = 0.2


class SubprocessError(WorkerLostError):
    """The process ended without a result; the message has the last that it said."""


class Subprocess:
    """A call of a function in an interpreter of its own.

    Args:
        function: of a module, so that the other interpreter can import it.
        arguments: can be pickled.
        descriptors: of open files that it inherits.
        variables: of its environment, beside this process's.
        prints: whether its last lines are those that it prints, too; else those of its errors alone.
        under: a command that the interpreter is given to, such as an emulator with its options.

    """

    def __init__(
        self,
        function: Callable[..., object],
        *arguments: object,
        descriptors: tuple[int, ...] = (),
        variables: Mapping[str, str] | None = None,
        prints: bool = False,
        under: tuple[str, ...] = (),
    ) -> None:
        # On disk, not in a pipe: nobody needs to read it while the process lives.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._guard = Guard()
        with tempfile.TemporaryFile() as call:
            pickle.dump((function, arguments), call)
            call.seek(0)
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                # -P: what lies in the current folder must not stand in for our packages.
                [*under, sys.executable, "-P", "-c", PROGRAM.format(path=sys.path)],
                stdin=call,
                stdout=self._said if prints else subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=descriptors,
                env=self._guard.environment | dict(variables or {}),
                # Ctrl-C is for this process, which ends the other in an orderly way.
                start_new_session=True,
            )

    def wait(self, timeout_s: float | None = None) -> int:
        """Return its exit status, negative for a signal; raise TimeoutExpired if it goes on."""
        status = self._process.wait(timeout_s)
        self.kill()
        return status

    def kill(self) -> None:
        """End it at once, and what it has started in its own session."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        # One that waits for a broken disk or driver stays; this process must not stay with it.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_LIMIT_S)

    def last_lines(self, count: int) -> str:
        """Return the last lines that it wrote; for a process that has ended."""
        self._said.seek(0)
        return "\n".join(self._said.read().decode(errors="replace").rstrip().splitlines()[-count:])

    def close(self) -> None:
        """End it and whatever it started, and let go of everything."""
        self.kill()
        self._guard.close()
        self._said.close()


class Ended(NamedTuple, Generic[Answer]):
    """What is left of a generator that ran in a subprocess."""

    items: tuple[Answer, ...]
    """What it yielded before it ended, was killed or reached its time limit."""
    status: int | None
    """Exit status, negative for a signal; None: stopped at its time limit."""
    last_line: str


def collect(
    generator: Callable[..., Iterable[Answer]],
    *arguments: object,
    variables: Mapping[str, str] | None = None,
    time_limit_s: float | None = None,
    told: Callable[[int], object] | None = None,
) -> Ended[Answer]:
    """Run a generator in a subprocess to its end; each item is kept as soon as it is yielded.

    Args:
        generator: of a module; its items can be pickled.
        arguments: can be pickled.
        variables: of its environment, beside this process's.
        time_limit_s: after which it is ended, with the imports of its module; None: it has none.
        told: is called with the number of items so far, whenever there are more.

    """
    status = None
    # A file of its own: libraries print what they like to the standard streams.
    with tempfile.TemporaryFile() as items:
        file = items.fileno()
        ours = Subprocess(keep_items, file, generator, arguments, descriptors=(file,), variables=variables)
        with closing(ours) as process:
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(time_limit_s) if told is None else _followed(process, file, time_limit_s, told)
            process.kill()
            last_line = process.last_lines(1) or "it said nothing"
        # Both processes share the place in the file at which it is read and written.
        items.seek(0)
        return Ended(tuple(kept_items(items)), status, last_line)


def _followed(process: Subprocess, items: int, time_limit_s: float | None, told: Callable[[int], object]) -> int:
    """Wait for a process, and tell meanwhile how many items it has yielded.

    Raises:
        TimeoutExpired: it goes on.

    """
    ends_s = math.inf if time_limit_s is None else time.monotonic() + time_limit_s
    count = 0
    while True:
        try:
            return process.wait(max(0.0, min(LOOK_S, ends_s - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= ends_s:
                raise
        # Read where nobody else reads or writes: the place in the file is shared with the process.
        found = io.BytesIO(os.pread(items, os.fstat(items).st_size, 0))
        now = sum(1 for _ in kept_items(found))
        if now > count:
            count = now
            told(count)


def subprocess_call(function: Callable[Asked, Answer], *arguments: Asked.args, **options: Asked.kwargs) -> Answer:
    """Return what a function returns in a subprocess.

    Args:
        function: of a module, so that the other process can import it.
        arguments: can be pickled, as can the result.
        options: likewise.

    Raises:
        SubprocessError: it raised something, or the process died.

    """
    ended: Ended[Answer] = collect(_returned, function, arguments, options)
    if ended.status:
        msg = f"a process for {function.__module__} failed (status {ended.status}): {ended.last_line}"
        raise SubprocessError(msg)
    return ended.items[0]


def _returned(
    function: Callable[..., Answer], arguments: tuple[object, ...], options: Mapping[str, object]
) -> Iterator[Answer]:
    yield function(*arguments, **options)


def keep_items(descriptor: int, generator: Callable[..., Iterable[object]], arguments: tuple[object, ...]) -> None:
    """Write what a generator yields, each item at once: what comes next may end the process."""
    with open(descriptor, "wb") as file:
        for item in generator(*arguments):
            pickle.dump(item, file)
            file.flush()


def kept_items(file: IO[bytes]) -> Iterator[Answer]:
    """Yield what was kept; the last may be cut off where its writer was killed, or is still writing."""
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            yield pickle.load(file)  # noqa: S301 - written by our own program
