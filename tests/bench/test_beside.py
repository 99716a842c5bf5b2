from __future__ import annotations

import os
import signal
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from bench.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("importable_elsewhere")


def numbers_then_waits(gate: Path) -> Iterator[tuple[int, int]]:
    """Yield two numbers, a third once somebody writes into a pipe, and never end."""
    yield os.getpid(), 1
    yield os.getpid(), 2
    gate.read_bytes()
    yield os.getpid(), 3
    signal.pause()


def taken(beside: Beside[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """Ask until there are so many, or for a minute: it may have failed."""
    found: list[tuple[int, int]] = []
    ends_s = monotonic() + 60
    while len(found) < count and monotonic() < ends_s:
        found += beside.new()
    return found


def test_items_are_taken_while_it_goes_on(tmp_path: Path) -> None:
    """Each once, in their order; closing ends the process though it is not done."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with closing(Beside(numbers_then_waits, gate)) as beside:
        first = taken(beside, 2)
        process = first[0][0]
        assert [number for _, number in first] == [1, 2]
        assert beside.new() == []
        gate.write_bytes(b"go on")
        assert taken(beside, 1) == [(process, 3)]
    assert process != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
