"""Call a function in a process of its own, which has ended when the result is there.

This process must never open a CUDA context: it would hold memory of the GPU for the whole run, and on a GPU that lets
in one process at a time the worker could then open none. What has to ask CUDA asks from here.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from .errors import WorkerLostError

if TYPE_CHECKING:
    from collections.abc import Callable

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

#: The child takes over the parent's import path: what the parent found, it finds.
PROGRAM = "import sys; sys.path[:] = {path!r}; from bench.apart import main; main({answer})"


class ApartError(WorkerLostError):
    """The process ended without a result; the message has the last that it said."""


def apart(function: Callable[Asked, Answer], *arguments: Asked.args, **options: Asked.kwargs) -> Answer:
    """Return what a function returns in another process.

    Args:
        function: of a module, so that the other process can import it.
        arguments: can be pickled, as can the result.
        options: likewise.

    Raises:
        ApartError: it raised something, or the process died.

    """
    # A file of its own: libraries print what they like to the standard streams.
    with tempfile.TemporaryFile() as answer:
        program = PROGRAM.format(path=sys.path, answer=answer.fileno())
        ended = subprocess.run(  # noqa: S603 - our own program
            # -P: what lies in the current folder must not stand in for our packages.
            [sys.executable, "-P", "-c", program],
            input=pickle.dumps((function, arguments, options)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(answer.fileno(),),
            check=False,
        )
        if ended.returncode:
            said = ended.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            msg = f"a process for {function.__module__} failed (status {ended.returncode}): {said[-1]}"
            raise ApartError(msg)
        # Both processes share the place in the file at which it is read and written.
        answer.seek(0)
        return cast("Answer", pickle.load(answer))  # noqa: S301 - written by our own program


def main(answer: int) -> None:
    """Call what stands on the standard input, and write the result.

    Args:
        answer: descriptor of the file for it.

    """
    function, arguments, options = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our parent
    result = function(*arguments, **options)
    with open(answer, "wb") as file:
        pickle.dump(result, file)
