"""Runs that are kept by name."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from results import StoreError, load
from results.baselines import machine_name, names, read, run_device, save
from results.blocks import blocks_of
from results.records import Accelerator, Failed, FailureKind
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Measured, Run


@pytest.fixture
def run(case_of: Callable[..., Case], run_of: Callable[..., Run], measured_of: Callable[[Case], Measured]) -> Run:
    """Return a run in which the plain network was measured, and SE failed."""
    none, se = case_of(implementation="none", slot=None, options=()), case_of()
    failure = Failed(case=se, kind=FailureKind.EXCEPTION, error="ValueError: no", traceback="File '/home/me/x.py'")
    return replace(run_of(none, se), outcomes=(measured_of(none), failure))


def test_a_baseline_outlives_its_run(tmp_path: Path, run: Run) -> None:
    """It is a copy of what was measured, without documents, and without the paths in tracebacks."""
    with RunStore.create(tmp_path / "run", run):
        pass
    folder = save(load(tmp_path / "run"), "mine", below=tmp_path / "kept")
    shutil.rmtree(tmp_path / "run")
    assert sorted(file.name for file in folder.iterdir()) == ["records.jsonl", "run.json"]
    failed = next(each for each in run.outcomes if isinstance(each, Failed))
    assert read("mine", below=tmp_path / "kept") == replace(
        run, outcomes=(run.outcomes[0], replace(failed, traceback=""))
    )
    assert "/home/me" not in (folder / "records.jsonl").read_text()


def test_a_baseline_is_replaced_only_if_asked(tmp_path: Path, run: Run) -> None:
    save(run, "mine", below=tmp_path)
    other = replace(run, run_id="other")
    with pytest.raises(StoreError, match="there is a baseline 'mine' already; give another --name, or --replace it"):
        save(other, "mine", below=tmp_path)
    assert read("mine", below=tmp_path).run_id == run.run_id
    save(other, "mine", below=tmp_path, overwrite=True)
    assert read("mine", below=tmp_path).run_id == "other"
    assert names(tmp_path) == ("mine",)
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_a_run_that_says_too_little_is_refused(tmp_path: Path, run: Run) -> None:
    """One that is not finished, and one in which all failed."""
    with pytest.raises(StoreError, match="lacks 1 of 2 cases; go on first: attnbench run --resume RUN"):
        save(replace(run, outcomes=run.outcomes[:1]), "mine", below=tmp_path)
    half = blocks_of(run.plan.cases[1:])
    with pytest.raises(StoreError, match="nothing could be measured"):
        save(replace(run, outcomes=run.outcomes[1:], plan=replace(run.plan, blocks=half)), "mine", below=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a/b", "a b", "-x"])
def test_a_name_is_a_folder_s(tmp_path: Path, run: Run, name: str) -> None:
    with pytest.raises(StoreError, match="is no name of a baseline"):
        save(run, name, below=tmp_path)


def test_a_baseline_that_is_not_there(tmp_path: Path, run: Run) -> None:
    """The remedy, and what there is."""
    with pytest.raises(StoreError, match=r"^no baseline for 'cpu'; make one with: attnbench baseline set RUN$"):
        read("cpu", below=tmp_path / "nothing")
    save(run, "laptop", below=tmp_path)
    with pytest.raises(StoreError, match="there are laptop; make one with"):
        read("cpu", below=tmp_path)
    with pytest.raises(StoreError, match="did you mean 'laptop'"):
        read("labtop", below=tmp_path)


def test_a_damaged_baseline_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(StoreError, match=r"not a run, it has no run\.json"):
        read("mine", below=tmp_path)


def test_any_run_is_read_by_its_folder(tmp_path: Path, run: Run) -> None:
    with RunStore.create(tmp_path / "run", run):
        pass
    assert read(str(tmp_path / "run"), below=tmp_path / "kept") == run


def test_a_baseline_is_named_after_its_machine(run: Run) -> None:
    """Of several machines, baselines stand side by side."""
    cpu = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"
    gpu = Accelerator(name="NVIDIA H100 80GB HBM3", memory_bytes=80, capability="9.0")
    here = replace(run.environment, cpu=cpu, accelerators=(gpu,))
    assert machine_name(here, "cpu") == "cpu-intel-xeon-platinum-8481c-cpu"
    assert machine_name(here, "cuda:0") == "nvidia-h100-80gb-hbm3-intel-xeon-platinum-8481c-cpu"


def test_a_run_on_a_gpu_is_about_the_gpu(run: Run, case_of: Callable[..., Case], run_of: Callable[..., Run]) -> None:
    """Though parameters are counted on the CPU."""
    assert run_device(run_of(*run.plan.cases, case_of(device="cuda:1", threads=None))) == "cuda:1"
    assert run_device(run) == "cpu"
