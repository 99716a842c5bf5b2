"""A block in a process of its own."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from bench.executors.isolated import IsolatedExecutor
from bench.executors.process import ProcessWorker
from bench.forked import in_a_child
from bench.instruments import instruments
from bench.measure import Settings
from bench.stopping import PrecisionOrBudget
from bench.subprocesses import SubprocessError, subprocess_call
from bench.worker import Setup
from results.blocks import blocks_of
from results.records import Case, Failed, FailureKind, Logits

if TYPE_CHECKING:
    from bench.prepared import Prepared

pytestmark = pytest.mark.usefixtures("importable_elsewhere")


def case_of(name: str) -> Case:
    return Case(suite="latency", implementation=name, source="", input=Logits(shape=(1,), dim=-1))


def say_who(case: Case) -> Prepared:
    """Say which process this is; one case kills it."""
    if case.implementation == "deadly":
        os.kill(os.getpid(), signal.SIGSEGV)
    msg = f"{os.getpid()} {os.getppid()}"
    raise LookupError(msg)


def test_each_block_has_a_process_of_its_own() -> None:
    """They are forked from one that stays; a crash is that case's, and the speed of the machine was looked at."""
    settings = Settings(stop=PrecisionOrBudget(precision=0.02, budget_s=0.1), budget_s=0.1, seed=0)
    setup = Setup(instruments=instruments(say_who), settings=settings, devices=frozenset({"cpu"}), fresh=True)
    outcomes, drifts = [], []
    with IsolatedExecutor(lambda: ProcessWorker(setup), time_limit_s=120.0) as executor:
        for name in ("one", "two", "deadly"):
            (block,) = blocks_of([case_of(name)])
            outcomes += [event for event in executor.run(block, {}) if isinstance(event, Failed)]
            drifts.append(executor.drift)
    one, two, deadly = outcomes
    processes = [outcome.error.removeprefix("LookupError: ").split() for outcome in (one, two)]
    assert processes[0][0] != processes[1][0]
    assert processes[0][1] == processes[1][1]
    assert (deadly.kind, deadly.error) == (FailureKind.CRASH, "the process was killed by SIGSEGV")
    assert drifts[0] is not None
    assert drifts[0].before_s > 0


def end_with(status: int) -> None:
    """End a copy of this process with a status, and so this one."""
    in_a_child(lambda: os._exit(status))


def test_a_copy_that_ends_badly_ends_its_process() -> None:
    """With the same status; one that ends well lets it go on."""
    subprocess_call(end_with, 0)
    with pytest.raises(SubprocessError, match="status 7"):
        subprocess_call(end_with, 7)
