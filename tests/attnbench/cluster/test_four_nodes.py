"""A cluster of four nodes of two kinds: what they measure is never pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from results import load
from results.cluster_folder import load_cluster

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local_cluster import LocalCluster

    from ..conftest import Finished

# Ray's own warnings are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

#: Four blocks.
PLAN = (
    *("latency", "--host", "none", "--impl", "se", "--impl", "cbam", "--direction", "forward"),
    *("--batch-size", "1,2,3,4", "--budget", "0.1"),
)


def test_each_kind_measures_all_and_has_a_run_of_its_own(
    attnbench: Callable[..., Finished], cluster: LocalCluster, tmp_path: Path
) -> None:
    """Every case is in each of them once; the report over both has no ratio of one to the other."""
    folder = tmp_path / "run"
    on = ("--on", "ray", "--address", cluster.address)
    finished = attnbench("run", *PLAN, "--out", folder, *on, "--each-kind")
    assert finished.status == 0, finished.err
    assert "8 cases in 4 blocks on 4 machines: 2 x" in finished.err
    runs = [load(folder / "kinds" / name) for name in ("large", "small")]
    assert [len(run.outcomes) for run in runs] == [8, 8]
    assert [set(run.plan.cases) == {outcome.case for outcome in run.outcomes} for run in runs] == [True, True]
    _, machines = load_cluster(folder)
    assert {machine.kind for machine in machines.values()} == {"large", "small"}
    # A block is of one machine: both of its cases are in the same run.
    assert all(len(machine.run.outcomes) % 2 == 0 for machine in machines.values())
    # On a machine of one core they have equal threads.
    report, threads = (folder / "kinds" / "machines.md").read_text(), {run.environment.threads for run in runs}
    assert ("Machine by machine" in report) == (len(threads) > 1)
    # A busy machine is too noisy for an order, and the report says that instead.
    is_noisy = any(run.index.is_too_noisy(block.shared) for run in runs for block in run.plan.blocks)
    words = "On no two machines can cases be put in order" if is_noisy else "Of 4 pairs of cases"
    assert (words in report) == (len(threads) > 1)
