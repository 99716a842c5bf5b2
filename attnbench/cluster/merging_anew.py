"""``attnbench merge`` of a run on a cluster: its kinds, put together once more, and without blocks of no use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import UsageError
from reporting.describe import plural
from results.cluster_folder import load_cluster
from suites.parsers import Share

from ..merging import write_machines
from .drifting import drifting, without
from .kinds_written import runs_by_kind

if TYPE_CHECKING:
    from pathlib import Path


def merge_anew(folder: Path, out: Path, without_drifting: str | None) -> str:
    """Write a run for each kind of machine into a folder, and return what was written, in words.

    Args:
        folder: of the run on the cluster, finished or not.
        out: which must not exist.
        without_drifting: the share by which a machine may change during a block; None: any.

    Raises:
        UsageError: no share, or nothing is left.
        StoreError: a folder that cannot be used.

    """
    _, machines = load_cluster(folder)
    left_out = 0
    if without_drifting is not None:
        try:
            most = Share()(without_drifting)
        except ValueError as error:
            msg = f"Invalid value for '--without-drifting': {error}"
            raise UsageError(msg) from None
        left_out = sum(map(len, drifting(machines, most).values()))
        machines = without(machines, most)
    runs = runs_by_kind(machines)
    if not runs:
        msg = f"nothing of {folder} is left" if left_out else f"{folder} has no finished block; go on with --resume"
        raise UsageError(msg)
    write_machines(runs, out)
    cases = ", ".join(f"{name}: {plural(len(run.outcomes), 'case')}" for name, run in runs.items())
    return f"Wrote {out}/ ({cases})" + (f"; left out: {plural(left_out, 'block')}" if left_out else "")
