"""What each machine of a cluster has measured, put together: a run for each kind of machine."""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.folder import StoreError, StoreWarning, reason
from results.merging import merge

from ..merging import write_machines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from results.cluster_folder import Measured
    from results.records import Run

#: Below the folder of the whole: a folder for each kind.
KINDS = "kinds"


def runs_by_kind(machines: Mapping[str, Measured]) -> dict[str, Run]:
    """Return a run for each kind of machine, by its name, of what each machine has measured.

    Machines that are alike are one kind, unless whoever started them called them otherwise.

    Raises:
        StoreError: two machines of a kind contradict each other in figures that are exact.

    """
    of_kind: dict[str, list[Run]] = {}
    for measured in machines.values():
        if measured.run.plan.blocks:
            of_kind.setdefault(measured.kind, []).append(measured.run)
    runs: dict[str, Run] = {}
    for kind, found in sorted(of_kind.items()):
        merged = merge(found)
        # All of a kind are alike: there is one run.
        (run,) = merged.runs
        for note in merged.notes:
            # A machine's part has no number that anybody has chosen.
            if "not among them" not in note:
                warnings.warn(note, StoreWarning, stacklevel=2)
        runs[kind] = replace(run, plan=replace(run.plan, shard=None))
    return runs


def write_kinds_anew(runs: dict[str, Run], folder: Path) -> None:
    """Write a run for each kind of machine into the folder of a cluster's run, in place of what was written earlier.

    Raises:
        StoreError: the folder cannot be written.

    """
    out = folder / KINDS
    try:
        if out.is_dir() and not out.is_symlink():
            shutil.rmtree(out)
    except OSError as error:
        msg = f"cannot write {out} anew: {reason(error)}; remove it, and resume"
        raise StoreError(msg) from error
    if runs:
        write_machines(runs, out)
