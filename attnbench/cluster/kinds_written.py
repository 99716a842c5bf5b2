"""What each machine of a cluster has measured, put together: a run for each kind of machine."""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.cluster_folder import load_cluster
from results.folder import StoreError, StoreWarning, reason
from results.merging import merge

from ..merging import write_machines

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Run

#: Below the folder of the whole: a folder for each kind.
KINDS = "kinds"


def write_kinds(folder: Path) -> dict[str, Run]:
    """Write a run for each kind of machine into the folder of a cluster's run, and return them by their names.

    Machines that are alike are one kind, unless whoever started them called them otherwise. What was written earlier
    is written anew.

    Raises:
        StoreError: the folder cannot be read or written.

    """
    _, machines = load_cluster(folder)
    of_kind: dict[str, list[Run]] = {}
    for measured in machines.values():
        of_kind.setdefault(measured.kind, []).append(measured.run)
    runs: dict[str, Run] = {}
    for kind, found in sorted(of_kind.items()):
        # All of a kind are alike: there is one run.
        (run,), notes = (merged := merge(found)).runs, merged.notes
        for note in notes:
            # Which machine measured which part nobody has to know.
            if "not among them" not in note:
                warnings.warn(note, StoreWarning, stacklevel=2)
        runs[kind] = replace(run, plan=replace(run.plan, shard=None))
    _write(runs, folder / KINDS)
    return runs


def _write(runs: dict[str, Run], out: Path) -> None:
    try:
        if out.is_dir() and not out.is_symlink():
            shutil.rmtree(out)
    except OSError as error:
        msg = f"cannot write {out} anew: {reason(error)}; remove it, and resume"
        raise StoreError(msg) from error
    if runs:
        write_machines(runs, out)
