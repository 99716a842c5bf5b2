"""What the pieces of a session run, on the simulated GPU; and the command lines that a real one gets."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gpu_ground
import pytest
from gpu_faults import FULL, GROWING
from gpu_findings import CLOCK
from gpu_ground import SIMULATED_NAME, Gpu, options_of
from gpu_pieces import PIECES
from gpu_sizes import ON_A_GPU, SIMULATED, Asked
from simulated_ground import Simulated

from attnbench.cli.run_command import run_command
from results import load
from results.folder import HEADER
from results.records import Measured, Timing
from suites.request import Request, requested

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = {piece.name: piece for piece in PIECES}


def simulated(**sizes: Any) -> Simulated:
    """Return the simulated GPU with other sizes."""
    return Simulated(sizes=replace(SIMULATED, **sizes))


def test_every_timing_has_a_clock(tmp_path: Path) -> None:
    """Each with its step, and with what it shows for an empty call."""
    piece = BY_NAME["clock"]
    piece.run(Simulated(), tmp_path)
    found = piece.find(tmp_path)
    assert found.short == ()
    assert [line.split()[1] for line in found.figures[0].splitlines()[4:]] == [timing.value for timing in Timing]
    assert SIMULATED_NAME in (tmp_path / CLOCK).read_text()


def test_networks_and_their_bytes(tmp_path: Path) -> None:
    """Networks are timed on the simulated device and counted on the CPU; the plain one is beside them."""
    piece = BY_NAME["networks"]
    piece.run(simulated(networks=replace(SIMULATED.networks, impls=("se",))), tmp_path)
    found = piece.find(tmp_path)
    assert found.short == ()
    assert found.figures[0].endswith(": 4 cases: 4 measured.")
    where = "mobilenet_v3_small, input 1×3×64×64, 100 classes, float32, "
    assert f"Times, {where}simulated:0, forward, batch 2" in found.figures[1]
    assert f"Bytes, {where}cpu, forward, batch 2" in found.figures[2]


def test_batches_beyond_what_there_is(tmp_path: Path) -> None:
    """They end out of memory, and larger ones are not tried: nothing falls short of what is expected."""
    piece = BY_NAME["beyond"]
    piece.run(Simulated(), tmp_path)
    assert piece.find(tmp_path).short == ()
    assert len(load(tmp_path / GROWING).outcomes) == 3
    assert len(load(tmp_path / FULL).outcomes) == 2


def test_planted_failures_and_what_is_complete(tmp_path: Path) -> None:
    """A sweep goes on after them; a piece that is repeated adds nothing to a complete run."""
    piece = BY_NAME["planted"]
    names = ("bad/Segfaults", "bad/AssertsOnTheDevice", "bad/FillsTheCard", "good/00")
    ground = simulated(planted=replace(SIMULATED.planted, impls=names))
    piece.run(ground, tmp_path)
    assert piece.find(tmp_path).short == ()
    run = load(tmp_path / "run")
    assert [outcome.case.implementation for outcome in run.outcomes if isinstance(outcome, Measured)] == ["good/00"]
    piece.run(ground, tmp_path)
    assert load(tmp_path / "run") == run


def test_a_few_tests_are_recorded(tmp_path: Path) -> None:
    """Pytest runs with the plug-in that writes each outcome."""
    piece = BY_NAME["tests"]
    piece.run(simulated(tests=("tests/results/test_keys.py",)), tmp_path)
    assert piece.find(tmp_path).short == ()
    assert " passed." in piece.find(tmp_path).figures[0]


@pytest.mark.parametrize(
    "request_",
    [
        replace(ON_A_GPU.operators, timing="cold"),
        ON_A_GPU.networks,
        replace(ON_A_GPU.beyond, batch_sizes=(1, 7)),
        ON_A_GPU.planted,
    ],
    ids=["operators", "networks", "beyond", "planted"],
)
def test_the_command_line_plans_what_was_asked_for(request_: Request) -> None:
    """What ``attnbench run`` reads from the options is the request again."""
    context = run_command.make_context("run", options_of(request_))
    chosen = {name: given for name, given in context.params.items() if given not in {None, ()}}
    assert requested(context.params["suites"], chosen) == request_


def test_a_run_that_cannot_be_gone_on_with_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on another GPU: it is refused, stays under another name, and a new one is begun in its place."""
    asked = Asked(request=ON_A_GPU.operators, budget_s=0.5, time_limit_s=9.0)
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / HEADER).write_text("of another GPU")
    given: list[tuple[str, ...]] = []

    def attnbench(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        given.append(arguments)
        return subprocess.CompletedProcess(arguments, 2 if "--resume" in arguments else 0)

    monkeypatch.setattr(gpu_ground, "_attnbench", attnbench)
    Gpu("cuda:1").measure(asked, folder)
    assert given == [
        ("--resume", str(folder)),
        (
            *("operators", "--device", "cuda:1"),
            *("--logits", "256x2x256@1", "--logits", "4096x1000", "--logits", "64x8x197x197"),
            *("--budget", "0.5", "--time-limit", "9.0", "--out", str(folder)),
        ),
    ]
    assert (tmp_path / "run-1" / HEADER).read_text() == "of another GPU"
    assert not folder.exists()
