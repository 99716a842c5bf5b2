from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import torch

from bench.events import Started
from bench.executors.isolated import IsolatedExecutor
from bench.executors.oom_killer import oom_kills
from bench.executors.process import ProcessWorker, describe_status
from bench.instruments import instruments
from bench.measure import Settings
from bench.pulse import NO_CASE, SharedPulse
from bench.stopping import PrecisionOrBudget
from bench.worker import Setup
from results.blocks import blocks_of
from results.records import Case, Failed, FailureKind, Logits

if TYPE_CHECKING:
    from pathlib import Path

    from bench.prepared import Prepared


pytestmark = pytest.mark.usefixtures("importable_elsewhere")


def case_of(name: str) -> Case:
    return Case(suite="latency", implementation=name, source="", input=Logits(shape=(1,), dim=-1))


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (-signal.SIGSEGV, FailureKind.CRASH, "was killed by SIGSEGV"),
        (-signal.SIGABRT, FailureKind.CRASH, "was killed by SIGABRT"),
        (3, FailureKind.EXIT, "ended itself with status 3"),
    ],
)
@pytest.mark.parametrize("out_of_memory", [True, False, None])
def test_a_status_says_how_a_process_ended(
    status: int, kind: FailureKind, words: str, *, out_of_memory: bool | None
) -> None:
    """Signals by name, exits by number, whatever else the kernel killed meanwhile."""
    assert describe_status(status, out_of_memory=out_of_memory) == (kind, words)


@pytest.mark.parametrize(
    ("out_of_memory", "kind", "words"),
    [
        (True, FailureKind.OUT_OF_MEMORY, "was killed by SIGKILL, as the kernel does when memory runs out"),
        (False, FailureKind.CRASH, "was killed by SIGKILL: by somebody"),
        (None, FailureKind.CRASH, "was killed by SIGKILL: by the kernel because memory ran out, or by somebody"),
    ],
)
def test_the_kernels_own_kill_is_out_of_memory(
    out_of_memory: bool | None,  # noqa: FBT001 - a column of the table
    kind: FailureKind,
    words: str,
) -> None:
    """Larger batches are then not tried; where the kernel does not count its kills, both causes are named."""
    assert describe_status(-signal.SIGKILL, out_of_memory=out_of_memory) == (kind, words)


def test_the_kernels_kills_are_read_from_its_counters(tmp_path: Path) -> None:
    """One line of many; None where there is no such line or file."""
    file = tmp_path / "vmstat"
    file.write_text("nr_free_pages 12\noom_kill 3\noom_kill_x 7\n")
    assert oom_kills(file) == 3
    file.write_text("nr_free_pages 12\n")
    assert oom_kills(file) is None
    assert oom_kills(tmp_path / "missing") is None


def test_a_pulse_outlives_its_process() -> None:
    """Another process that inherits the memory says which case it is at; after its death that can still be read."""
    ours = SharedPulse.create()
    assert ours.read() == (NO_CASE, 1)
    program = (
        "import os, sys\nfrom bench.pulse import SharedPulse\nfrom results.records import Case, Logits\n"
        "logits = Logits(shape=(1,), dim=0)\n"
        "cases = [Case(suite='s', implementation=n, source='', input=logits) for n in 'ab']\n"
        f"pulse = SharedPulse({ours.descriptor})\npulse.follow(cases)\n"
        "pulse.beat(cases[0])\npulse.beat(cases[1])\nos._exit(3)"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False, pass_fds=(ours.descriptor,))
    assert ended.returncode == 3
    assert ours.read() == (1, 2)
    ours.close()


def look_around(case: Case) -> Prepared:
    """Say what this process sees of a machine with two GPUs."""
    with patch.multiple(torch.cuda, _is_compiled=lambda: True, _raw_device_count_nvml=lambda: 2):
        seen = torch.cuda.device_count()
    msg = f"{case.implementation}: CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES')!r}, {seen} GPUs"
    raise LookupError(msg)


@pytest.mark.parametrize(
    ("devices", "visible", "seen"), [({"cpu"}, "", 0), ({"cpu", "cuda:1"}, "1,0", 2)], ids=["cpu", "cpu and cuda"]
)
def test_the_worker_of_a_run_on_the_cpu_sees_no_gpu(
    monkeypatch: pytest.MonkeyPatch, devices: set[str], visible: str, seen: int
) -> None:
    """What compiles would open a CUDA context there, under a cap on memory; a run that uses a GPU sees all it may."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    settings = Settings(stop=PrecisionOrBudget(precision=0.02, budget_s=0.1), budget_s=0.1, seed=0)
    setup = Setup(instruments=instruments(look_around), settings=settings, devices=frozenset(devices))
    case = case_of("a")
    with IsolatedExecutor(lambda: ProcessWorker(setup), time_limit_s=120.0) as executor:
        (block,) = blocks_of([case])
        started, outcome = executor.run(block, {})
    assert started == Started(case=case)
    assert isinstance(outcome, Failed)
    assert outcome.error == f"LookupError: a: CUDA_VISIBLE_DEVICES={visible!r}, {seen} GPUs"
