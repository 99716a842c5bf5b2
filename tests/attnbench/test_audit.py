from __future__ import annotations

import csv
import io
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from attnbench.audit_before import Warned, plugin_warnings
from results import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .conftest import Finished

PLUGIN = '''
    import time
    import torch
    from attn_impls import gate

    class Base(torch.nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.mix = torch.nn.Conv2d(channels, channels, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            print("in forward")
            return x * torch.sigmoid(self.mix(x.mean((2, 3), keepdim=True)))

    @gate("good")
    class Good(Base):
        """Good."""

    @gate("bad")
    class Bad(Base):
        """Returns [B, C]."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x).mean((2, 3))

    @gate("note")
    class Note(Base):
        """Loses channels_last."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x).contiguous()
'''
NORMALIZER = '''
    from attn_impls import normalizer

    @normalizer("mine")
    class Mine(torch.nn.Module):
        """Softmax of so many times the logits."""

        def __init__(self, dim: int, beta: float = 1.0) -> None:
            super().__init__()
            self.dim, self.beta = dim, beta

        def forward(self, logits: torch.Tensor) -> torch.Tensor:
            return (self.beta * logits).softmax(self.dim)
'''
HANGS = '''
    @gate("hangs")
    class Hangs(Base):
        """Never ends."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            time.sleep(3600)
            return x
'''
EXITS = '''
    @gate("exits")
    class Exits(Base):
        """Means to end the process."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise SystemExit(3)
'''
DIES = '''
    @gate("dies")
    class Dies(Base):
        """Ends the process."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            import os, signal

            os.kill(os.getpid(), signal.SIGKILL)
            return x
'''


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a plug-in with the three gates, and more."""

    def write(more: str = "") -> Path:
        file = tmp_path / "planted_plugin.py"
        file.write_text(dedent(PLUGIN) + dedent(more))
        return file

    return write


def test_a_row_an_implementation_then_every_finding(
    attnbench: Callable[..., Finished], plugin: Callable[..., Path]
) -> None:
    """With a plug-in its implementations are audited; a fault gives status 1; progress goes to stderr."""
    finished = attnbench("audit", "--plugin", plugin(), "--no-compile")
    assert finished.status == 1
    assert finished.out.splitlines()[:8] == [
        "Fit to be measured?",
        "",
        "| implementation | verdict         | findings           |",
        "| -------------- | --------------- | ------------------ |",
        "| good           | fit             | -                  |",
        "| bad            | not fit         | output shape       |",
        "| note           | fit, with notes | channels_last lost |",
        "",
    ]
    listed = finished.out.splitlines()[8:]
    assert len(listed) == 2
    assert listed[0].startswith("- bad, fault, output shape: [4, 64] in place of [4, 64, 8, 8] for 4×64×8×8; ")
    assert listed[0].endswith(" Remedy: return one tensor of the shape that its family promises.")
    assert listed[1].startswith("- note, note, channels_last lost: ")
    progress = [line for line in finished.err.splitlines() if line != "in forward"]
    assert progress == ["[1/3] good: fit", "[2/3] bad: not fit", "[3/3] note: fit, with notes"]


def test_notes_alone_are_no_failure(attnbench: Callable[..., Finished], plugin: Callable[..., Path]) -> None:
    """CSV has a line a finding, or one that is empty; status 0 without a fault."""
    finished = attnbench("audit", "--plugin", plugin(), "--impl", "[gn]o*", "--no-compile", "--format", "csv")
    assert finished.status == 0
    rows = list(csv.DictReader(io.StringIO(finished.out)))
    assert [(row["implementation"], row["verdict"], row["severity"], row["finding"]) for row in rows] == [
        ("good", "fit", "", ""),
        ("note", "fit, with notes", "note", "channels_last lost"),
    ]


def test_built_in_implementations_are_chosen_by_pattern(attnbench: Callable[..., Finished]) -> None:
    """--impl takes the patterns that attnbench run takes, options included."""
    finished = attnbench("audit", "--impl", "se:reduction=8", "--no-compile", "--format", "csv")
    assert finished.status == 0
    assert finished.out == "implementation,verdict,severity,finding,seen,remedy\nse:reduction=8,fit,,,,\n"


def test_an_unknown_implementation_is_refused(attnbench: Callable[..., Finished]) -> None:
    """A name that matches nothing is one line and status 2."""
    finished = attnbench("audit", "--impl", "sse")
    assert finished.status == 2
    assert finished.err.startswith("attnbench: unknown implementation 'sse'")


def test_warnings_before_a_run_have_one_line_a_finding(plugin: Callable[..., Path]) -> None:
    """Faults and notes of what is asked for, each with its remedy; nothing for what is fit."""
    bad, note = plugin_warnings([str(plugin())], ["good", "bad", "note"], devices={"cpu"}, time_limit_s=120)
    assert (bad.severity, note.severity) == ("fault", "note")
    assert bad.line.startswith("bad: output shape: ")
    assert note.line.startswith("note: channels_last lost: ")


@pytest.mark.usefixtures("in_this_process")
def test_a_quiet_run_hears_of_faults_alone_but_all_is_on_record(
    attnbench: Callable[..., Finished], monkeypatch: pytest.MonkeyPatch, plugin: Callable[..., Path], tmp_path: Path
) -> None:
    """A fault is never silenced: what is measured may not be what is meant. The report has the notes too."""
    found = (Warned("note", "good: slow: planted; hurry"), Warned("fault", "good: wrong: planted; mend it"))
    monkeypatch.setattr("attnbench.audit_before.plugin_warnings", lambda *_, **__: found)
    axes = ("--host", "none", "--impl", "good", "--quiet", "--out", tmp_path / "run")
    finished = attnbench("run", "complexity", "--plugin", plugin(), *axes)
    said = [line for line in finished.err.splitlines() if "audit" in line]
    assert said == ["attnbench: audit: good: wrong: planted; mend it"]
    assert load(tmp_path / "run").audit == ("note: good: slow: planted; hurry", "fault: good: wrong: planted; mend it")
    report = (tmp_path / "run" / "report.md").read_text()
    assert "found in the implementations of plug-ins:\n\n- note: good: slow: planted; hurry\n- fault: good:" in report


@pytest.mark.usefixtures("in_this_process")
def test_before_a_run_only_ones_own_are_audited(
    attnbench: Callable[..., Finished], plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither what comes with attnbench nor what an adapter brings, which nobody here can mend."""
    asked: list[tuple[str, ...]] = []

    def warnings(_: object, names: Sequence[str], **__: object) -> tuple[Warned, ...]:
        asked.append(tuple(names))
        return (Warned("fault", "good: planted"),)

    monkeypatch.setattr("attnbench.audit_before.plugin_warnings", warnings)
    axes = ("--host", "none", "--impl", "se", "--impl", "good", "--impl", "timm/se", "--quiet")
    run = ("run", "complexity", "--plugin", plugin(), "--plugin", "timm", *axes, "--out", tmp_path / "run")
    finished = attnbench(*run)
    assert asked == [("good",)]
    assert finished.err.splitlines()[0] == "attnbench: audit: good: planted"


@pytest.mark.usefixtures("in_this_process")
def test_a_normaliser_inside_our_module_is_audited(
    attnbench: Callable[..., Finished], plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It stands under the name of one of ours, but whether its weights sum to 1 is for its author to know."""
    asked: list[tuple[str, ...]] = []

    def warnings(_: object, names: Sequence[str], **__: object) -> tuple[Warned, ...]:
        asked.append(tuple(names))
        return ()

    monkeypatch.setattr("attnbench.audit_before.plugin_warnings", warnings)
    mine = plugin(NORMALIZER)
    axes = ("--host", "none", "--impl", "sk/softmax:normalizer=mine:beta=2", "--quiet", "--out", tmp_path / "run")
    attnbench("run", "complexity", "--plugin", mine, *axes)
    assert asked == [("mine:beta=2",)]


@pytest.mark.usefixtures("in_this_process")
def test_a_resumed_run_audits_what_has_changed(
    attnbench: Callable[..., Finished], plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was mended is not on record any more."""
    found = [Warned("fault", "mine: planted")]
    monkeypatch.setattr("attnbench.audit_before.plugin_warnings", lambda *_, **__: tuple(found))
    mine = plugin(NORMALIZER)
    axes = ("--host", "none", "--impl", "sk/softmax:normalizer=mine", "--out", tmp_path / "run")
    attnbench("run", "complexity", "--plugin", mine, *axes)
    assert load(tmp_path / "run").audit == ("fault: mine: planted",)
    found.clear()
    mine.write_text(mine.read_text() + "\n# Mended.\n")
    finished = attnbench("run", "--resume", tmp_path / "run", "--trust")
    assert "measured again because their source has changed: sk/softmax:normalizer=mine" in finished.err
    assert load(tmp_path / "run").audit == ()
    mine.write_text(mine.read_text().replace('"mine"', '"yours"'))
    gone = attnbench("run", "--resume", tmp_path / "run", "--trust")
    assert gone.status == 2
    assert "measures 'sk/softmax:normalizer=mine', which is not there any more: unknown normaliser 'mine'" in gone.err


def test_an_implementation_that_exits_is_a_finding(
    attnbench: Callable[..., Finished], plugin: Callable[..., Path]
) -> None:
    """The audit goes on with the next one."""
    finished = attnbench("audit", "--plugin", plugin(EXITS), "--impl", "exits", "--no-compile", "--format", "csv")
    assert finished.status == 1
    assert 'exits,not fit,fault,does not run,"SystemExit: 3 (planted_plugin.py, line ' in finished.out


def test_a_plugin_that_dies_takes_only_the_audit_with_it(plugin: Callable[..., Path]) -> None:
    """What was found before is kept, a line says how the audit ended, and those behind it are audited too."""
    counts: list[int] = []
    found = plugin_warnings(
        [str(plugin(DIES))], ["bad", "dies", "note"], devices={"cpu"}, time_limit_s=120, told=counts.append
    )
    assert [each.line.partition(": ")[0] for each in found] == [
        "bad",
        "the audit of 'dies' ended with status -9",
        "note",
    ]
    assert max(counts) == 3


def test_a_plugin_that_hangs_is_stopped(plugin: Callable[..., Path]) -> None:
    """The audit ends at its time limit, whatever an implementation does."""
    lines = plugin_warnings([str(plugin(HANGS))], ["hangs"], devices={"cpu"}, time_limit_s=1)
    (only,) = lines
    assert only == Warned("fault", "the audit of plug-ins was stopped after 1 s, at 'hangs'; not audited: hangs")


SEES = """
    import os
    import sys

    sys.exit(f"attnbench: GPUs visible: {os.environ['CUDA_VISIBLE_DEVICES']!r}")
"""


@pytest.mark.parametrize(
    ("devices", "visible"), [({"cpu"}, "''"), ({"cpu", "cuda:1"}, "'0,1'")], ids=["cpu", "cpu and gpu"]
)
def test_a_plugin_sees_in_the_audit_what_it_sees_in_the_worker(
    monkeypatch: pytest.MonkeyPatch, plugin: Callable[..., Path], devices: set[str], visible: str
) -> None:
    """No GPU before a run on the CPU alone; in a run that uses one, those that this process sees."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    (only,) = plugin_warnings([str(plugin(SEES))], ["sees"], devices=devices, time_limit_s=120)
    assert f"GPUs visible: {visible}" in only.line
