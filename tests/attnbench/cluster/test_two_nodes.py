"""Two nodes of one kind: what they measure, and what is left when something of them dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results import load
from results.cluster_folder import load_cluster
from results.records import Failed, Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_cluster import LocalCluster

    from results.records import Case, Run

    from ..conftest import Finished

# Ray's own warnings are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

#: Four blocks without times: exact figures.
PLAN = (
    "complexity",
    "memory",
    "--host",
    "none",
    "--impl",
    "se",
    "--impl",
    "cbam",
    "--batch-size",
    "1,2,3",
    "--direction",
    "forward",
)
#: Eight blocks that take a second or two each.
LONG = (
    *("latency", "--host", "none", "--impl", "se", "--impl", "cbam", "--batch-size", "1,2,3,4,5,6,7,8"),
    *("--direction", "forward", "--budget", "0.5", "--precision", "0.0001"),
)


@pytest.fixture
def begun(cluster: LocalCluster, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a run in another process; both nodes are at their first blocks."""
    command = [sys.executable, "-m", "attnbench", "run", *LONG, "--out", str(tmp_path / "run")]
    with subprocess.Popen(
        [*command, "--on", "ray:small", "--address", cluster.address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            wait_for_both(run)
            yield run
        finally:
            run.kill()


def wait_for_both(run: subprocess.Popen[str]) -> None:
    """Read what a run says until both nodes measure."""
    assert run.stderr is not None
    waited, heard = 2, []
    for line in run.stderr:
        heard.append(line)
        waited -= " takes part: " in line
        if not waited:
            return
    raise AssertionError(heard)


def anywhere(case: Case) -> Case:
    """Return a case without the threads, which are each machine's own."""
    return replace(case, threads=None)


def exact(run: Run) -> dict[Case, Any]:
    """Return what came of each case."""
    return {anywhere(outcome.case): outcome.result for outcome in run.outcomes if isinstance(outcome, Measured)}


def measured_once(folder: Path) -> bool:
    """Return whether every case of the plan has one outcome, a result, on one machine."""
    planned, machines = load_cluster(folder)
    found: Counter[Case] = Counter(
        anywhere(outcome.case)
        for machine in machines.values()
        for outcome in machine.run.outcomes
        if isinstance(outcome, Measured)
    )
    return found == Counter(map(anywhere, planned.plan.cases))


def measuring(cluster: LocalCluster) -> list[str]:
    """Return the supervisors of a cluster, and the processes that they have started; of no other cluster here."""
    raylets, mark, found = cluster.raylets, f"RAY_TMPDIR={os.environ['RAY_TMPDIR']}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, parent = (process / "cmdline").read_bytes(), (process / "stat").read_text().rpartition(")")[2]
            variables = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            # It has ended meanwhile.
            continue
        is_supervisor = int(parent.split()[1]) in raylets and b"ray::Supervisor" in command
        if is_supervisor or (b"pickle.load" in command and mark in variables):
            found.append(command.decode(errors="replace"))
    return found


def test_the_same_plan_comes_to_the_same_as_here(
    attnbench: Callable[..., Finished], cluster: LocalCluster, tmp_path: Path
) -> None:
    """The same cases have outcomes, and exact figures are equal bit for bit; the folders are runs like any other."""
    here, there = tmp_path / "here", tmp_path / "there"
    assert attnbench("run", *PLAN, "--out", here).status == 0
    finished = attnbench("run", *PLAN, "--out", there, "--on", "ray:small", "--address", cluster.address)
    assert finished.status == 0, finished.err
    assert "8 cases in 4 blocks on 2 machines: 2 x" in finished.err
    assert f"Wrote {there}/ (kinds/small/; each machine's own: machines/*/). Again: attnbench report" in finished.err
    run = load(there / "kinds" / "small")
    assert exact(run) == exact(load(here))
    assert len(run.outcomes) == 8
    assert measured_once(there)
    assert all(load(folder).outcomes for folder in (there / "machines").iterdir())


def test_what_a_lost_node_was_measuring_is_measured_on_another(
    begun: subprocess.Popen[str], cluster: LocalCluster, tmp_path: Path
) -> None:
    """It is said, and every case has one outcome."""
    cluster.cut_off(-1)
    cluster.add("small")
    _, said = begun.communicate(timeout=240)
    assert begun.returncode == 0, said
    assert " is lost: " in said
    assert measured_once(tmp_path / "run")


def test_a_run_whose_process_was_killed_goes_on(
    begun: subprocess.Popen[str], attnbench: Callable[..., Finished], cluster: LocalCluster, tmp_path: Path
) -> None:
    """What was kept is not measured again."""
    begun.kill()
    begun.wait()
    finished = attnbench("run", "--resume", tmp_path / "run", "--on", "ray:small", "--address", cluster.address)
    assert finished.status == 0, finished.err
    assert measured_once(tmp_path / "run")


def test_a_run_that_is_told_to_end_leaves_no_process_behind(
    begun: subprocess.Popen[str], cluster: LocalCluster, tmp_path: Path
) -> None:
    """Supervisors and what they have started are gone, and the folder can be gone on with."""
    assert measuring(cluster)
    begun.send_signal(signal.SIGTERM)
    _, said = begun.communicate(timeout=120)
    assert begun.returncode == 143, said
    assert (
        f"attnbench: terminated; what was measured is kept; go on: attnbench run --resume {tmp_path / 'run'} --on ray"
        in said
    )
    ends = time.monotonic() + 20
    while measuring(cluster) and time.monotonic() < ends:
        time.sleep(0.05)
    assert measuring(cluster) == []
    planned, _ = load_cluster(tmp_path / "run")
    assert len(planned.plan.blocks) == 8


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ((*("--on", "ray:small"), *("--device", "cuda")), "no machine of the cluster has cuda:0; choose --device cpu"),
        (("--on", "ray:H100"), "no machine of the cluster is of kind 'H100'; see which there are: ray status"),
    ],
)
def test_what_fits_on_no_node_is_refused(
    attnbench: Callable[..., Finished], cluster: LocalCluster, tmp_path: Path, chosen: tuple[str, ...], words: str
) -> None:
    """Nothing waits for a machine that is not there, and no folder is left."""
    finished = attnbench("run", *PLAN, "--out", tmp_path / "run", "--address", cluster.address, *chosen)
    assert finished.status == 2
    assert words in finished.err
    assert not (tmp_path / "run").exists()


def test_plugins_travel(attnbench: Callable[..., Finished], cluster: LocalCluster, tmp_path: Path) -> None:
    """What a node executes is a copy of what was planned, in a folder of its own."""
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "import torch\n"
        "from attn_impls import gate\n\n\n"
        "@gate('mine')\n"
        "class Mine(torch.nn.Module):\n"
        '    """Says where it is."""\n\n'
        "    def __init__(self, channels):\n"
        "        super().__init__()\n\n"
        "    def forward(self, x):\n"
        "        raise RuntimeError(f'I am {__file__}')\n"
    )
    plan = ("complexity", "--host", "none", "--impl", "mine", "--plugin", plugin, "--out", tmp_path / "run")
    attnbench("run", *plan, "--on", "ray:small", "--address", cluster.address)
    (outcome,) = load(tmp_path / "run" / "kinds" / "small").outcomes
    assert isinstance(outcome, Failed)
    assert outcome.error.startswith("RuntimeError: I am /")
    assert outcome.error.endswith("/plugin0/mine.py")
    assert str(tmp_path) not in outcome.error
