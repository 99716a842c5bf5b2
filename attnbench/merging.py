"""``attnbench.merge``, and ``attnbench merge``: parts of a plan that were measured apart, put together."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UsageError
from results import Run, StoreError, StoreWarning, baselines, load
from results.comparison import compare as compared
from results.durable import replace_file
from results.merging import merge as merged

from .comparing import compare
from .run_folder import write_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

FEWEST = 2
#: What several machines say, beside their folders.
MACHINES = "machines.md"


def merge(*runs: Run | str | PathLike[str], out: str | PathLike[str] | None = None) -> tuple[Run, ...]:
    """Put runs of one plan together, as ``attnbench merge`` does: one run for each kind of machine.

    Nothing is pooled over machines: those that are not alike stay apart. What is missing, and what was there twice, is
    said in a StoreWarning.

    Args:
        runs: runs of one plan, whole or in parts (``--shard``), or the folders that they were written to.
        out: a folder, which must not exist: it gets the files of the run; of several machines one folder each, and a
            report over them, ``machines.md``, if they have any case in common. Without it nothing is written.

    Raises:
        StoreError: not the folder of a run, runs of several plans, figures that contradict each other, or a folder that
            cannot be used.
        UsageError: fewer than two runs.

    """
    if len(runs) < FEWEST:
        msg = "one run has nothing to be merged with; give two or more: attnbench merge RUN RUN --out DIR"
        raise UsageError(msg)
    loaded = [run if isinstance(run, Run) else load(run) for run in runs]
    found = merged(loaded)
    for note in found.notes:
        warnings.warn(note, StoreWarning, stacklevel=2)
    if out is not None:
        _write(found.runs, Path(out))
    return found.runs


def _write(runs: Sequence[Run], out: Path) -> None:
    if len(runs) == 1:
        write_run(out, runs[0])
    else:
        write_machines(dict(zip(machine_names(runs), runs, strict=True)), out)


def write_machines(named: Mapping[str, Run], out: Path) -> None:
    """Write a folder for each kind of machine, and a report over them if they have any case in common.

    Args:
        named: a run for each, by the name of its folder.
        out: the folder above, which must not exist.

    Raises:
        StoreError: a folder that cannot be used.

    """
    runs = list(named.values())
    try:
        out.mkdir(parents=True)
    except OSError as error:
        msg = f"cannot make {out}: {error.strerror}; choose another folder"
        raise StoreError(msg) from error
    for name, run in named.items():
        write_run(out / name, run)
    if len(runs) == 1:
        return
    side_by_side = compared(runs)
    if not (side_by_side.rows or side_by_side.without_figures):
        # Each machine has measured a part of its own.
        return
    try:
        replace_file(out / MACHINES, compare(*runs))
    except OSError as error:
        msg = f"cannot write {out / MACHINES}: {error.strerror}; the runs are kept: attnbench compare {out}/*"
        raise StoreError(msg) from error


def machine_names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return a folder's name for each run: its machine's, and what tells it from another of that name."""
    names: list[str] = []
    for run in runs:
        name = baselines.machine_name(run.environment, baselines.run_device(run))
        candidates = (name, f"{name}-{run.environment.threads}-threads")
        free = next((each for each in candidates if each not in names), None)
        names.append(free or f"{name}-{len(names) + 1}")
    return tuple(names)
