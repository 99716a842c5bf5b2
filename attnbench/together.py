"""A run under torchrun: each process trains, the first one alone writes and prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.errors import UsageError
from results import load
from suites import train
from training.processes import processes

from .output import Output

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Run

#: What the processes print that do not write.
SILENT = Output(progress=False, summary=False, tables_to_stderr=True)


def follows() -> bool:
    """Return whether this process trains for another one that writes."""
    return processes().rank > 0


def follow(planned: Run | None, resume: Path | None, *, trust: bool = False) -> Run:
    """Take part in the trainings of a run that the first process writes.

    Args:
        planned: the run, if it is a new one.
        resume: the folder of a run that is gone on with; its checkpoints are read.
        trust: whether its plug-ins may be others than those that it has measured.

    Raises:
        UsageError: they may not, and are.

    """
    from .in_memory import InMemory
    from .recording import measure_missing
    from .trusting import refuse_other_plugins

    run = planned or load(_given(resume))
    if planned is None:
        if not trust:
            refuse_other_plugins(run, _given(resume))
        run = replace(run, plugin_files=() if trust else run.plugin_files)
    record = InMemory(run)
    measure_missing(record, SILENT, resume)
    return record.run


def refuse_other_suites(run: Run) -> None:
    """See that several processes are asked for what they can do together.

    Raises:
        UsageError: something but training was asked for, or a run with another number of processes.

    """
    count = processes().count
    others = sorted({case.suite for case in run.plan.cases} - {train.NAME})
    if count > 1 and others:
        msg = f"under torchrun only {train.NAME} runs; run {', '.join(others)} by itself"
        raise UsageError(msg)
    planned = {getattr(case.input, "processes", 1) for case in run.plan.cases}
    if planned != {count} and train.NAME in run.plan.suites:
        before = ", ".join(map(str, sorted(planned)))
        msg = f"the run was planned for {before} processes, here: {count}; start as many: torchrun --nproc-per-node"
        raise UsageError(msg)


def _given(resume: Path | None) -> Path:
    if resume is None:
        msg = "neither a new run nor a folder"
        raise TypeError(msg)
    return resume
