"""A session on a GPU: what it does with pieces that end, fail, hang or are cut off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import gpu_session
import gpu_summary
import pytest
from gpu_findings import Findings
from gpu_ground import SIMULATED_NAME
from gpu_process import import_path
from gpu_session import Session, Step, main
from gpu_summary import Status, read_state

from bench import gpus
from results import load
from results.records import Accelerator, Measured

if TYPE_CHECKING:
    from collections.abc import Callable

#: Longer than anything here takes, also on a busy machine.
LONG_S = 60.0
#: Long enough to start an interpreter, and to write a file.
SHORT_S = 4.0

ONCE_MORE = "with open('runs', 'a') as file: file.write('.')\n"
SLEEP = "import time; time.sleep(600)\n"


def nothing(folder: Path) -> Findings:
    del folder
    return Findings()


def step(
    name: str, program: str, folder: Path, *, limit_s: float = LONG_S, find: Callable[[Path], Findings] = nothing
) -> Step:
    """Return a piece that runs a program in its folder."""
    inside = f"import os; os.chdir({str(folder / name)!r})\n"
    # -S: nothing but the standard library, which starts in milliseconds.
    command = (sys.executable, "-S", "-c", inside + program)
    return Step(name=name, asks=f"{name}?", limit_s=limit_s, command=command, find=find)


def session(folder: Path, *steps: Step) -> Session:
    return Session(folder=folder, ground="a GPU", steps=steps, archive=folder.with_name("all.tar.gz"))


def carry_out(made: Session, *only: str, seconds: float = LONG_S) -> bool:
    return made.carry_out(only, ends_s=time.monotonic() + seconds, least_s=1.0)


def statuses(made: Session) -> dict[str, Status]:
    return {each.name: made.state(each).status for each in made.steps}


def test_what_is_done_is_left_alone_and_what_was_killed_is_repeated(tmp_path: Path) -> None:
    """A piece that overruns its limit is there for the next call; those beside it have run once, and are reported."""
    out = tmp_path / "out"
    slow_at_first = f"{ONCE_MORE}import os\nif os.path.getsize('runs') == 1: {SLEEP}"
    made = session(
        out, step("one", ONCE_MORE, out), step("two", slow_at_first, out, limit_s=SHORT_S), step("three", "", out)
    )
    assert not carry_out(made)
    assert statuses(made) == {"one": Status.DONE, "two": Status.TIMED_OUT, "three": Status.DONE}
    assert carry_out(made)
    assert statuses(made) == dict.fromkeys(("one", "two", "three"), Status.DONE)
    assert [(out / name / "runs").read_text() for name in ("one", "two")] == [".", ".."]
    assert "Done, " in (out / "summary.md").read_text()
    assert " in 2 attempts" in (out / "summary.md").read_text()


def test_a_piece_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    """Also with a process that began a session of its own; the summary says so, and the next piece is carried out."""
    out = tmp_path / "out"
    hanging = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {SLEEP!r}], start_new_session=True)\n"
        f"with open('pid', 'w') as file: file.write(str(child.pid))\n{SLEEP}"
    )
    made = session(out, step("hangs", hanging, out, limit_s=SHORT_S), step("next", "", out))
    assert not carry_out(made)
    assert not is_alive(int((out / "hangs" / "pid").read_text()))
    assert statuses(made) == {"hangs": Status.TIMED_OUT, "next": Status.DONE}
    assert "- hangs: timed out after " in (out / "summary.md").read_text()


def is_alive(process: int) -> bool:
    """Return whether a process runs; one that nobody has waited for yet does not."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_the_end_of_a_session_is_no_piece_s_limit(tmp_path: Path) -> None:
    """What the session's end cuts off, and what it does not reach, comes next, before what has used up its limit."""
    out = tmp_path / "out"
    slow_at_first = f"{ONCE_MORE}import os\nif os.path.getsize('runs') == 1: {SLEEP}"
    made = session(
        out,
        step("too slow", SLEEP, out, limit_s=0.1),
        step("cut off", slow_at_first, out),
        step("not reached", ONCE_MORE, out),
    )
    assert not carry_out(made, seconds=SHORT_S)
    assert list(statuses(made).values()) == [Status.TIMED_OUT, Status.CUT_OFF, Status.NOT_REACHED]
    summary = (out / "summary.md").read_text()
    assert "- cut off: cut off after" in summary
    assert summary.endswith("## Not reached\n\n- not reached: not reached?\n")
    assert not carry_out(made)
    assert list(statuses(made).values()) == [Status.TIMED_OUT, Status.DONE, Status.DONE]
    again, new = out / "too slow" / "log.txt", out / "not reached" / "runs"
    assert again.stat().st_mtime_ns > new.stat().st_mtime_ns


def test_an_interrupted_session_has_its_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the piece at hand has left by then is in it."""
    out = tmp_path / "out"

    def interrupted(*_: object) -> Status:
        (out / "one" / "left").touch()
        raise KeyboardInterrupt

    def found(folder: Path) -> Findings:
        return Findings(figures=(", ".join(sorted(path.name for path in folder.iterdir())),))

    made = session(out, step("one", "", out, find=found), step("two", "", out))
    monkeypatch.setattr(gpu_session, "run_guarded", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carry_out(made)
    assert list(statuses(made).values()) == [Status.CUT_OFF, Status.NOT_REACHED]
    assert "left, log.txt, piece.json" in (out / "summary.md").read_text()


def test_a_piece_that_fails_is_repeated_on_request_alone(tmp_path: Path) -> None:
    """It would fail again, and cost the time of those after it; its last words are among what fell short."""
    out = tmp_path / "out"
    made = session(out, step("fails", ONCE_MORE + "raise SystemExit('no such wheel')", out), step("next", "", out))
    assert not carry_out(made)
    assert "- fails: its process said last: no such wheel" in (out / "summary.md").read_text()
    assert not carry_out(made)
    assert (out / "fails" / "runs").read_text() == "."
    assert not carry_out(made, "fails")
    assert (out / "fails" / "runs").read_text() == ".."
    assert statuses(made) == {"fails": Status.FAILED, "next": Status.DONE}


def test_what_fell_short_comes_first(tmp_path: Path) -> None:
    """Then the figures, then what was not reached."""
    out = tmp_path / "out"

    def found(folder: Path) -> Findings:
        return Findings(short=(f"half as fast as wanted in {folder.name}",), figures=("It takes 42 s.",))

    made = session(out, step("one", "", out, find=found), step("two", "", out))
    carry_out(made, "one")
    first, figures, rest = (out / "summary.md").read_text().split("\n## ")[1:]
    assert first == "What fell short\n\n- one: half as fast as wanted in one\n"
    assert figures.startswith("Figures\n\n### one: one?\n\nDone, ")
    assert figures.endswith("on a GPU.\n\nIt takes 42 s.\n")
    assert rest == "Not reached\n\n- two: two?\n"


def test_records_that_nobody_expected_do_not_end_the_session(tmp_path: Path) -> None:
    """They are among what fell short."""
    out = tmp_path / "out"

    def confused(folder: Path) -> Findings:
        return Findings(short=(json.loads((folder / "log.txt").read_text()),))

    made = session(out, step("one", "", out, find=confused), step("two", "", out))
    assert carry_out(made)
    assert "- one: its records cannot be read: JSONDecodeError: " in (out / "summary.md").read_text()


def test_the_archive_has_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is replaced after every piece, and too large a one is complained of."""
    monkeypatch.setattr(gpu_summary, "LARGEST_PACK_BYTES", 10)
    out = tmp_path / "out"
    carry_out(session(out, step("one", ONCE_MORE, out)))
    with tarfile.open(tmp_path / "all.tar.gz") as archive:
        names = set(archive.getnames())
    assert names == {
        "out",
        "out/summary.md",
        "out/one",
        *(f"out/one/{name}" for name in ("piece.json", "log.txt", "runs")),
    }
    assert "more than comes back from some machines" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "no GPU here; --simulated runs the session without one"),
        (
            gpus.Gpus(
                accelerators=(Accelerator(name="A", memory_bytes=1, capability="9.0"),),
                cuda=None,
                cudnn=None,
                float32_convolutions="tf32",
                float32_products="ieee",
            ),
            "no GPU cuda:1 here; there are 1",
        ),
    ],
)
def test_without_a_gpu_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: gpus.Gpus | None,
    message: str,
) -> None:
    """One line, and status 2."""
    monkeypatch.setattr(gpus, "known_gpus", lambda: found)
    assert main(["--out", str(tmp_path / "out"), "--device", "cuda:1"]) == 2
    assert capsys.readouterr().err == f"{message}\n"
    assert list(tmp_path.iterdir()) == []


def test_what_is_simulated_and_what_is_measured_are_kept_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder holds one or the other."""
    out = tmp_path / "out"
    clock = Step(name="clock", asks="", limit_s=LONG_S, command=(sys.executable, "-S", "-c", ""), find=nothing)
    carry_out(session(out, clock))
    assert main(["--out", str(out), "--simulated"]) == 2
    assert capsys.readouterr().err == f"{out} holds a session on a GPU; choose another folder\n"


def test_a_simulated_session_that_is_killed_goes_on_to_its_end(tmp_path: Path) -> None:
    """After SIGKILL in the middle of a run the next call adds to what was measured; all files say what they are."""
    out = tmp_path / "out"
    environment = {**os.environ, "PYTHONPATH": import_path(), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, gpu_session.__file__, "--simulated", "--out", str(out), "--only", "operators-graph"]
    begun = subprocess.Popen(command, env=environment)
    records = out / "operators-graph" / "run" / "records.jsonl"
    try:
        while not (records.exists() and records.read_bytes()) and begun.poll() is None:
            time.sleep(0.02)
    finally:
        begun.send_signal(signal.SIGKILL)
        begun.wait()
    before = records.read_bytes()
    assert "- operators-graph: cut off" in (out / "summary.md").read_text()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert records.read_bytes().startswith(before)
    run = load(records.parent)
    assert [type(outcome) for outcome in run.outcomes] == [Measured] * 3
    texts = {path: path.read_text() for path in out.rglob("*") if path.is_file()}
    assert [path.name for path, text in texts.items() if "simulated" not in text.lower()] == []
    assert (out / "summary.md").read_text().startswith(f"# GPU session: {SIMULATED_NAME}\n\n## What fell short\n")
    state = read_state(out / "operators-graph", gpu_summary.State(piece="", asks="", ground=""))
    assert (state.status, state.attempts) == (Status.DONE, 2)
