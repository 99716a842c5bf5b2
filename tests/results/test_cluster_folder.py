"""A plan that several machines measure, on disk: whole blocks or nothing, each once, whenever its process is killed."""

from __future__ import annotations

import json
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from results import StoreError, StoreWarning, load
from results.cluster_folder import Cluster, is_cluster, load_cluster
from results.cluster_store import ClusterStore
from results.drift import Drift
from results.kinds import FailureKind
from results.merging import merge
from results.outcomes import Failed, Skipped
from results.records import SCHEMA_VERSION

from .conftest import make_case, make_measured, make_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from results.outcomes import Outcome, Plan
    from results.records import Case, Run

#: Four blocks of three cases.
BATCHES = (1, 2, 4, 8)
IMPLEMENTATIONS = ("none", "se", "eca")
CASES = tuple(
    make_case(implementation=name, options=(), input=replace(make_case().input, batch=batch), threads=None)
    for batch in BATCHES
    for name in IMPLEMENTATIONS
)
PLAN = make_run(*CASES).plan
CLUSTER = Cluster(
    schema_version=SCHEMA_VERSION, run_id="all", started_at="2026-11-28T12:00:00+00:00", plan=PLAN, kind="epyc"
)
DRIFT = Drift(before_s=1e-3, after_s=1.1e-3)


def machine_run(cpu: str = "Xeon", threads: int = 2) -> Run:
    """Return the run of a machine, with the whole plan and without outcomes."""
    run = make_run(*CASES)
    return replace(run, environment=replace(run.environment, cpu=cpu, threads=threads))


def outcomes(place: int, threads: int | None = None) -> tuple[Outcome, ...]:
    """Return what came of a block."""
    return tuple(make_measured(replace(case, threads=threads)) for case in PLAN.blocks[place].cases)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two machines of one kind: ``a`` has measured blocks 2 and 0, ``b`` block 1; the process ended without warning."""
    with ClusterStore.create(tmp_path / "run", CLUSTER) as store:
        first, second = (store.machine(name, "xeon", machine_run()) for name in "ab")
        store.keep(first, 2, outcomes(2), DRIFT)
        store.keep(second, 1, outcomes(1))
        store.keep(first, 0, outcomes(0))
    return tmp_path / "run"


def records(folder: Path, machine: str = "a") -> Path:
    """Return the file of a machine's records."""
    return folder / "machines" / machine / "records.jsonl"


def resumed(folder: Path) -> set[int]:
    """Return the places of the blocks that need not be measured."""
    with ClusterStore.resume(folder) as store:
        return {place for place, _ in store.completed}


def test_what_was_written_is_read(folder: Path) -> None:
    """A run a machine, whose plan is what it has measured, in the order of the whole plan."""
    cluster, machines = load_cluster(folder)
    assert cluster == CLUSTER
    assert list(machines) == ["a", "b"]
    found = machines["a"]
    assert found.kind == "xeon"
    assert found.run.plan.blocks == (PLAN.blocks[0], PLAN.blocks[2])
    assert found.run.plan.shard is not None
    assert (str(found.run.plan.shard), found.run.plan.shard.places) == ("1/2", (0, 2))
    assert found.run.outcomes == (*outcomes(2), *outcomes(0))
    assert found.drifts == {2: DRIFT}
    assert DRIFT.relative == pytest.approx(0.1)
    assert machines["b"].run.outcomes == outcomes(1)


def test_only_the_folder_of_the_whole_is_one(folder: Path, tmp_path: Path) -> None:
    """A machine's folder is a run, and an empty folder nothing."""
    assert is_cluster(folder)
    assert not is_cluster(folder / "machines" / "a")
    with pytest.raises(StoreError, match=r"not a run on several machines, it has no cluster\.json; give the folder"):
        load_cluster(tmp_path)


def test_what_is_complete_is_not_measured_again(folder: Path) -> None:
    """Whoever has measured it."""
    with ClusterStore.resume(folder) as store:
        assert store.completed == {(0, ""), (1, ""), (2, "")}
        assert store.machine("a", "xeon", machine_run()).places == {0, 2}


def test_a_completed_machine_is_a_run_like_any_other(folder: Path) -> None:
    """Its folder has the part of the plan that it measured; parts of one kind of machine become one run."""
    with ClusterStore.resume(folder) as store:
        store.keep(store.machines["b"], 3, outcomes(3))
        store.complete()
    runs = [load(folder / "machines" / name) for name in "ab"]
    assert runs == [found.run for found in load_cluster(folder)[1].values()]
    merged = merge(runs)
    assert merged.notes == ()
    (whole,) = merged.runs
    assert whole.plan == PLAN
    assert {outcome.case for outcome in whole.outcomes} == set(CASES)


def test_a_machine_that_has_measured_nothing_is_left_out(folder: Path) -> None:
    """It has joined, and the plan was at its end."""
    with ClusterStore.resume(folder) as store:
        store.machine("c", "xeon", machine_run())
        assert list(store.complete()) == ["a", "b"]
    assert list(load_cluster(folder)[1]) == ["a", "b"]


def test_a_block_that_was_cut_off_anywhere_is_not_there(folder: Path) -> None:
    """After each byte of its piece: nothing of it counts, all before does, and it can be written again."""
    path = records(folder)
    data = path.read_bytes()
    ends = [0]
    for line in data.splitlines(keepends=True):
        ends.append(ends[-1] + len(line))
    first = ends[3]
    # Inside, at the end of, and after each line; without its newline a line is whole.
    for cut in sorted({first, first + 1, *(end + by for end in ends[4:6] for by in (-2, 0, 1)), ends[6] - 2}):
        path.write_bytes(data[:cut])
        with warnings_of_the_store(expected=cut > first):
            assert resumed(folder) == {1, 2}
        assert path.read_bytes() == data[:first]
    path.write_bytes(data[:-1])
    assert resumed(folder) == {0, 1, 2}
    assert path.read_bytes() == data


@contextmanager
def warnings_of_the_store(*, expected: bool) -> Iterator[None]:
    """See that something was removed, with a warning, or nothing was."""
    if expected:
        with pytest.warns(StoreWarning, match=r"records\.jsonl"):
            yield
    else:
        yield


def test_half_a_block_is_not_read(folder: Path) -> None:
    """Reading leaves out what going on would remove, and removes nothing."""
    path = records(folder)
    half = b"".join(path.read_bytes().splitlines(keepends=True)[:4])
    path.write_bytes(half)
    assert load_cluster(folder)[1]["a"].run.outcomes == outcomes(2)
    assert path.read_bytes() == half


def test_a_line_that_somebody_removed_takes_its_block_with_it(folder: Path) -> None:
    """Its block is measured again as a whole: what is compared is never of two processes."""
    path = records(folder)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    with pytest.warns(StoreWarning, match="since their blocks are not whole, or another machine has them: 2"):
        assert resumed(folder) == {0, 1}
    assert path.read_bytes() == b"".join(lines[3:])


def test_a_block_of_a_full_disk_leaves_nothing(folder: Path) -> None:
    """It can be tried again once there is room."""
    with ClusterStore.resume(folder) as store:
        machine, before = store.machines["b"], records(folder, "b").read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 1000, hard))
        try:
            with pytest.raises(StoreError, match=r"cannot write .*records\.jsonl: .*make room"):
                store.keep(machine, 3, outcomes(3))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert records(folder, "b").read_bytes() == before
        store.keep(machine, 3, outcomes(3))
    assert resumed(folder) == {0, 1, 2, 3}


def test_a_block_is_kept_once(folder: Path) -> None:
    """Whichever machine comes with it a second time."""
    with ClusterStore.resume(folder) as store:
        for name in "ab":
            with pytest.raises(StoreError, match="block 1 has its outcomes already"):
                store.keep(store.machines[name], 1, outcomes(1))


def test_only_all_outcomes_of_a_block_are_kept(folder: Path) -> None:
    """Not a part of them, not in another order, not another block's."""
    with ClusterStore.resume(folder) as store:
        machine = store.machines["a"]
        for wrong in (outcomes(3)[:2], outcomes(3)[::-1], outcomes(1)):
            with pytest.raises(StoreError, match="block 3 is not what these outcomes are of"):
                store.keep(machine, 3, wrong)


def test_a_block_that_two_machines_have_counts_once(folder: Path) -> None:
    """As somebody who copies folders can arrange it: the first machine's counts."""
    with records(folder, "b").open("ab") as file:
        file.writelines(records(folder).read_bytes().splitlines(keepends=True)[:3])
    with pytest.warns(StoreWarning, match="blocks that another machine has too, whose count: 1"):
        assert load_cluster(folder)[1]["b"].run.outcomes == outcomes(1)
    with pytest.warns(StoreWarning, match="since their blocks are not whole, or another machine has them: 3"):
        assert resumed(folder) == {0, 1, 2}
    assert load_cluster(folder)[1]["b"].run.outcomes == outcomes(1)


def test_each_kind_has_the_whole_plan(tmp_path: Path) -> None:
    """What one kind has measured, another has not."""
    cluster = replace(CLUSTER, kinds=("xeon", "epyc"))
    with ClusterStore.create(tmp_path / "run", cluster) as store:
        for cpu in ("xeon", "epyc"):
            store.keep(store.machine(cpu, cpu, machine_run(cpu)), 0, outcomes(0))
        assert store.completed == {(0, "xeon"), (0, "epyc")}
    with ClusterStore.resume(tmp_path / "run") as store:
        assert store.completed == {(0, "xeon"), (0, "epyc")}


def test_a_machine_may_have_threads_of_its_own(tmp_path: Path) -> None:
    """They are in its cases and in its plan, and its blocks are those of the whole plan all the same."""
    with ClusterStore.create(tmp_path / "run", CLUSTER) as store:
        store.keep(store.machine("a", "xeon", machine_run(threads=8)), 1, outcomes(1, threads=8))
        store.complete()
    assert resumed(tmp_path / "run") == {1}
    run = load(tmp_path / "run" / "machines" / "a")
    assert {case.threads for case in run.plan.cases} == {8}
    assert run.outcomes == outcomes(1, threads=8)
    assert load_cluster(tmp_path / "run")[1]["a"].run == run


def test_another_machine_of_the_same_name_has_its_own_folder(folder: Path) -> None:
    """Another processor, other threads or another kind: nothing is pooled."""
    with ClusterStore.resume(folder) as store:
        assert store.machine("a", "xeon", machine_run()).name == "a"
        assert store.machine("a", "xeon", machine_run("EPYC")).name == "a-2"
        assert store.machine("a", "xeon", machine_run("EPYC")).name == "a-2"
        assert store.machine("a", "xeon", machine_run(threads=8)).name == "a-3"
        assert store.machine("a", "fast xeon", machine_run()).name == "a-4"


def test_a_machine_that_was_cut_off_when_it_began_is_left_alone(folder: Path) -> None:
    """It has measured nothing; a machine of its name gets another folder."""
    (folder / "machines" / "c").mkdir()
    with ClusterStore.resume(folder) as store:
        assert store.machine("c", "xeon", machine_run()).name == "c-2"
    assert list(load_cluster(folder)[1]) == ["a", "b"]


def test_what_ran_out_of_memory_is_known_when_it_goes_on(folder: Path) -> None:
    """By kind of machine."""
    too_large = CASES[9]
    failed = Failed(case=too_large, kind=FailureKind.OUT_OF_MEMORY, error="too large")
    rest = tuple(Skipped(case=case, reason="not tried") for case in CASES[10:])
    with ClusterStore.resume(folder) as store:
        store.keep(store.machines["b"], 3, (failed, *rest))
    with ClusterStore.resume(folder) as store:
        assert store.out_of_memory == {"xeon": [too_large]}


def test_a_changed_implementation_takes_its_blocks_with_it(folder: Path) -> None:
    """Blocks that have it are measured again as a whole; what the old plan had stays in the file and does not count."""

    def changed(case: Case) -> Case:
        return replace(case, source="77aa") if case == CASES[1] else case

    def replan(plan: Plan) -> Plan:
        return replace(plan, blocks=tuple(block.with_cases(changed) for block in plan.blocks))

    with pytest.warns(StoreWarning, match="since their blocks are not whole, or another machine has them: 2"):
        store = ClusterStore.resume(folder, replan)
    with store:
        assert store.completed == {(1, ""), (2, "")}
        assert store.cluster.plan.cases[1].source == "77aa"
    assert load_cluster(folder)[0] == store.cluster
    assert len(records(folder).read_bytes().splitlines()) == 4


def test_two_processes_cannot_write_one_run(folder: Path) -> None:
    """The second one is told so, while the first is at it."""
    with ClusterStore.resume(folder), pytest.raises(StoreError, match="is being written by another process"):
        ClusterStore.resume(folder)


def test_a_folder_that_exists_is_refused(folder: Path) -> None:
    """It may hold somebody's results."""
    with pytest.raises(StoreError, match="exists; choose another folder, or resume"):
        ClusterStore.create(folder, CLUSTER)


def test_a_plan_that_was_altered_is_refused(folder: Path) -> None:
    """Its digest is not that of what it says."""
    path = folder / "cluster.json"
    path.write_text(path.read_text().replace('"kind": "epyc"', '"kind": "xeon"'))
    with pytest.raises(StoreError, match=r"cluster\.json: was altered"):
        ClusterStore.resume(folder)


def test_a_plan_of_another_version_is_refused(folder: Path) -> None:
    """It says which attnbench reads it."""
    path = folder / "cluster.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 99}))
    with pytest.raises(StoreError, match="schema version 99 is newer than"):
        load_cluster(folder)


def test_a_drift_that_cannot_be_read_is_not_known(folder: Path) -> None:
    """The file is a help: its block counts all the same."""
    (folder / "machines" / "a" / "blocks.jsonl").write_bytes(b'{"place":\n')
    assert load_cluster(folder)[1]["a"].drifts == {}
    assert resumed(folder) == {0, 1, 2}


@pytest.mark.parametrize("name", ["", ".", "../a", "a/0"])
def test_a_machine_has_a_folder_of_its_own(folder: Path, name: str) -> None:
    """Beside the others, not above or below them."""
    with ClusterStore.resume(folder) as store, pytest.raises(ValueError, match="no folder can be called"):
        store.machine(name, "xeon", machine_run())
