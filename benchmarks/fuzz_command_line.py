"""Make many mistakes on the command line: each must end in one line on stderr and status 2, and change no file.

The commands run in this process, in a temporary folder. None may begin to measure, hang, or end in a traceback.

python benchmarks/fuzz_command_line.py [--mistakes 400] [--seed 0]
"""

from __future__ import annotations

import io
import os
import random
import stat
import tempfile
import traceback
import warnings
from collections import Counter
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import fuzzing
from command_mistakes import MISTAKES, write_place
from fuzzing import HangError, limited

from attnbench.cli.main import USAGE_STATUS, main

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

#: A command that takes longer hangs; the first ones import torch.
LIMIT_S = 60
#: No line of a terminal is longer than what a message is cut to, and its beginning.
MOST_CHARACTERS = 1_100


class MeasuredError(BaseException):
    """A mistake was taken for a wish to measure."""


def fuzz(mistakes: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Return how many mistakes were made and refused, and what must not have happened, a line each."""
    counts: Counter[str] = Counter(mistakes=0, refused=0, broken=0)
    broken: list[str] = []
    made: set[tuple[str, ...]] = set()
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "place")
        place.mkdir()
        write_place(place)
        before = _contents(place.parent)
        while len(made) < mistakes:
            arguments = draw.choice(MISTAKES)(draw)
            if arguments in made:
                continue
            made.add(arguments)
            counts["mistakes"] += 1
            problem = _attempt(list(arguments), place)
            if _contents(place.parent) != before:
                problem = f"{problem} changed files".strip()
                before = _contents(place.parent)
            counts["broken" if problem else "refused"] += 1
            if problem:
                shown = " ".join(each if len(each) <= 40 else f"{each[:40]}..." for each in arguments)
                broken.append(f"{shown!a}: {problem}")
    return counts, broken


def _attempt(arguments: list[str], place: Path) -> str:
    """Return what is wrong with how a command ends; nothing if it refuses as it should."""
    # As those of a process: what is no text cannot be printed.
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
    status: object = None
    try:
        with (
            limited(LIMIT_S),
            _nothing_measured(),
            chdir(place),
            redirect_stdout(out),
            redirect_stderr(err),
            warnings.catch_warnings(),
        ):
            main(arguments)
    except SystemExit as ended:
        status = ended.code
    except (HangError, MeasuredError) as error:
        return type(error).__name__
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]!a} at {frame.filename}:{frame.lineno}"
    said = _written(err)
    lines = said.splitlines()
    if status != USAGE_STATUS:
        return f"status {status}: {said[:300]!a}, {_written(out)[:60]!a}"
    if len(lines) != 1 or not said.endswith("\n") or len(said) > MOST_CHARACTERS:
        return f"{len(lines)} lines, {len(said)} characters: {said[:300]!a}"
    if not said.startswith("attnbench: ") or not lines[0].isprintable():
        return f"not said as it should be: {said[:300]!a}"
    return f"printed {_written(out)[:60]!a}" if _written(out) else ""


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)  # noqa: S101 - made above
    return buffer.getvalue().decode()


def _nothing_measured() -> AbstractContextManager[object]:
    """Have whatever begins to measure say so instead."""
    return mock.patch("attnbench.recording.measure_missing", side_effect=MeasuredError)


def _contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return everything below a folder: what it is, and what it holds."""
    found: dict[str, tuple[int, bytes]] = {}
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        holds = os.fsencode(path.readlink()) if stat.S_ISLNK(mode) else b""
        found[os.fspath(path)] = (mode, path.read_bytes() if stat.S_ISREG(mode) else holds)
    return found


if __name__ == "__main__":
    fuzzing.run(__doc__, "mistakes", 400, fuzz)
