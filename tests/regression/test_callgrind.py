"""How processes are started under callgrind, what cannot be counted, and what it leaves."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bench.errors import UsageError
from bench.subprocesses import Subprocess
from regression.callgrind import CallgrindError, Counts, instructions_in, launch, require_callgrind, start
from regression.calls import Calls
from suites.request import Request

if TYPE_CHECKING:
    from pathlib import Path

#: Of valgrind 3.19, without the lines that each function has.
LEFT = """\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 3467
cmd:  python
part: {part}

desc: I1 cache:
desc: Trigger: Client Request
positions: line
events: Ir
summary: {count}


fl=(1) ???
fn=(1) 0x0000000000001000
0 {count}
totals: {count}
"""


def test_the_total_of_a_file() -> None:
    assert instructions_in(LEFT.format(part=1, count=298_051)) == 298_051


def test_a_file_without_a_total() -> None:
    with pytest.raises(CallgrindError, match="no total"):
        instructions_in("# callgrind format\n")


def test_counts_are_read_once_in_order(tmp_path: Path) -> None:
    """Ten are more than nine: the files are told by their number, not by their names' order."""
    for part in range(1, 12):
        (tmp_path / f"count.{part}").write_text(LEFT.format(part=part, count=100 + part))
    counts = Counts(tmp_path)
    assert counts.take(9) == tuple(range(101, 110))
    assert counts.take(2) == (110, 111)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CallgrindError, match="no count of call 12"):
        counts.take(1)


@pytest.mark.parametrize(
    ("request_", "remedy"),
    [(Request(devices=("cpu", "cuda")), "leave out --device cuda"), (Request(threads=4), "leave out --threads 4")],
)
def test_what_would_be_left_out_is_refused(request_: Request, remedy: str) -> None:
    """Instructions of a GPU and of other threads are not counted."""
    with pytest.raises(UsageError, match=remedy):
        require_callgrind(request_)


def test_without_valgrind_the_message_has_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        require_callgrind(Request())
    assert str(caught.value) == (
        "--instructions needs valgrind and vgdb: install valgrind (apt-get install valgrind), or take times: without "
        "--instructions"
    )


def test_only_what_counts_runs_under_callgrind() -> None:
    with launch(Calls.TIMED) as plain, launch(Calls.LEFT) as left, launch(Calls.COUNTED) as counted:
        assert (plain.under, left.under, counted.under[:1]) == ((), (), ("valgrind",))


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind: apt-get install valgrind")
def test_callgrind_begins_when_it_is_asked() -> None:
    """A real process under it, without torch: a second or two."""
    with launch(Calls.COUNTED) as way:
        assert way.under
        process = Subprocess(start, variables=way.variables, under=way.under)
        with closing(process):
            assert process.wait() == 0, process.last_lines(5)


def test_outside_callgrind_nothing_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not a count of zero: an error."""
    monkeypatch.setenv("ATTNBENCH_CALLGRIND", str(tmp_path))
    with pytest.raises(CallgrindError):
        start()
