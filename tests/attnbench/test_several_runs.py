"""``attnbench compare``, ``history``, ``import`` and ``export``: what the command line prints of runs."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

import attnbench as front_door
from attnbench import StoreWarning, UsageError, compare, history, load
from results.blocks import blocks_of
from results.machine import NoiseFloor
from results.records import (
    SCHEMA_VERSION,
    Case,
    Complexity,
    Environment,
    Images,
    Latency,
    Measured,
    Plan,
    Run,
    Samples,
    StopReason,
    Subject,
    Timing,
)
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Finished

IMAGES = Images(batch=2, channels=3, height=32, width=32, num_classes=100)
PLAIN = Case(suite="latency", implementation="none", source="0a", host="resnet18_cifar", input=IMAGES, threads=2)
SE = replace(PLAIN, implementation="se", slot="block_output")
SIZE = replace(SE, suite="complexity")
HERE = Environment(
    attnbench="0.1.0",
    commit="aaaa",
    python="3.12.3",
    torch="2.11.0",
    torchvision="0.26.0",
    system="Linux 6.1 x86_64",
    cpu="Example CPU",
    cores=2,
    threads=2,
    memory_bytes=None,
)
FLOOR = NoiseFloor(
    relative=0.02, pairs=30, seconds_per_call=0.01, builds=3, device="cpu", timing=Timing.HOT, subject=Subject.NETWORK
)


def timed(case: Case, seconds: float) -> Measured:
    """Return eight equal samples."""
    samples = Samples(
        seconds=(seconds,) * 8,
        rounds=tuple(range(8)),
        calls_per_sample=1,
        warmup_calls=1,
        warmup_s=0.1,
        stop=StopReason.PRECISION,
        precision=0.02,
        clock="a fake clock",
    )
    return Measured(case=case, result=Latency(samples=samples))


def run_of(name: str, *outcomes: Measured, day: int = 1, **environment: str) -> Run:
    """Return a run of these outcomes."""
    cases = tuple(outcome.case for outcome in outcomes)
    return Run(
        schema_version=SCHEMA_VERSION,
        run_id=name,
        started_at=f"2026-01-{day:02}T00:00:00+00:00",
        plan=Plan(
            suites=tuple(dict.fromkeys(case.suite for case in cases)),
            blocks=blocks_of(cases),
            budget_s=1.0,
            precision=0.02,
            seed=0,
            time_limit_s=300.0,
        ),
        environment=replace(HERE, **environment),
        noise_floors=(FLOOR,),
        outcomes=outcomes,
    )


COUNTED = Measured(case=SIZE, result=Complexity(parameters=600, counts=()))
BEFORE = run_of("before", timed(PLAIN, 0.010), timed(SE, 0.011), COUNTED)
AFTER = run_of(
    "after",
    timed(PLAIN, 0.020),
    timed(replace(SE, source="0b"), 0.0264),
    Measured(case=SIZE, result=Complexity(parameters=700, counts=())),
    timed(replace(SE, implementation="eca"), 0.021),
    day=2,
    torch="2.12.0",
    commit="bbbb",
)


def written(folder: Path, run: Run) -> Path:
    """Write a run."""
    RunStore.create(folder, run).close()
    return folder


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """Write two runs."""
    return written(tmp_path / "a", BEFORE), written(tmp_path / "b", AFTER)


def test_two_runs_side_by_side(both: tuple[Path, Path], attnbench: Callable[..., Finished]) -> None:
    """Environments, then what one run has, then exact figures, paired ratios, and times with their mark."""
    printed = attnbench("compare", *both).out
    lines = printed.splitlines()
    assert printed == compare(BEFORE, AFTER) == compare(*both)
    assert "B against A: 1 exact figure, of which 1 differ; 1 paired ratio, of which 1 differ by more" in printed
    assert "- torch: 2.11.0 (A), 2.12.0 (B)" in lines
    assert "- noise floor of cpu, network: A ± 2.0%, B ± 2.0%" in lines
    assert "| se        | parameters (M) | 0.000600 | 0.000700 | +0.000100 |" in lines
    assert "| se §      | 1.100 ± 0.0% | 1.320 ± 0.0% | 1.200 [1.200, 1.200] |" in lines
    assert "| (none)    | 10.0 ms ± 0.0% | 20.0 ms ± 0.0% | 2.000 ‡ |" in lines
    assert "Input 2×3×32×32, 100 classes; noise floor A ± 2.0%, B ± 2.0%." in lines
    heads = [line.lstrip("# ") for line in lines if line.startswith("#")]
    assert [head for head in heads if ":" not in head] == [
        *("2 runs compared", "Where they were measured", "In one run only", "Complexity"),
        *("resnet18_cifar, forward, batch 2, float32, cpu", "Latency", "Ratios inside each run", "Times and speeds"),
        "Notes",
    ]
    assert printed.count("not paired: the two runs were measured at different times") == 1
    assert max(len(line) for line in lines if line.startswith("|")) <= 80


def test_the_csv_has_a_row_a_figure(both: tuple[Path, Path], attnbench: Callable[..., Finished]) -> None:
    """Full digits; times have no interval of their ratio, and what one run lacks is said."""
    rows = list(csv.DictReader(io.StringIO(attnbench("compare", *both, "--format", "csv").out)))
    found = {(row["suite"], row["implementation"], row["quantity"]): row for row in rows}
    assert len(found) == len(rows) == 5
    ratio = found["latency", "se", "ratio to plain"]
    assert (ratio["paired"], ratio["source_differs"], ratio["run_a"], ratio["run_b"]) == (
        *("True", "True", "before", "after"),
    )
    assert float(ratio["low"]) == pytest.approx(1.2)
    assert ratio["reference"] == "none"
    time = found["latency", "none", "latency"]
    assert (float(time["ratio"]), time["low"], time["unit"], time["reference"]) == (2.0, "", "s", "")
    assert float(found["complexity", "se", "parameters"]["difference"]) == 100
    alone = found["latency", "eca", ""]
    assert (alone["run_b"], alone["a_words"]) == ("after", "not in this run")


def test_the_json_of_a_comparison_has_values_a_run(both: tuple[Path, Path], attnbench: Callable[..., Finished]) -> None:
    """Under the letters of the runs."""
    data = json.loads(attnbench("compare", *both, "--format", "json").out)
    assert [(run["letter"], run["run_id"]) for run in data["runs"]] == [("A", "before"), ("B", "after")]
    assert data["environment"]["torch"] == {"A": "2.11.0", "B": "2.12.0"}
    (size,) = (each for each in data["figures"] if each["quantity"] == "parameters")
    assert {letter: side["value"] for letter, side in size["values"].items()} == {"A": 600, "B": 700}
    assert size["against_A"]["B"]["difference"] == 100
    assert [case["implementation"] for case in data["only"]["B"]] == ["eca"]


def test_what_cannot_be_compared_is_refused_in_a_line(
    both: tuple[Path, Path], tmp_path: Path, attnbench: Callable[..., Finished]
) -> None:
    """A folder that is no run, one run, nothing in common."""
    other = written(tmp_path / "other", run_of("other", timed(replace(PLAIN, host="resnet50"), 0.1)))
    refused = [attnbench("compare", *given) for given in ((tmp_path, both[0]), (both[0],), (both[0], other))]
    assert [finished.status for finished in refused] == [2, 2, 2]
    assert [finished.err for finished in refused] == [
        f"attnbench: {tmp_path}: not a run, it has no run.json; give the folder of a run\n",
        "attnbench: one run has nothing beside it; give two or more: attnbench compare RUN RUN\n",
        "attnbench: before, other: no case in common; compare runs of the same suites, networks and inputs\n",
    ]


def test_a_history_names_the_first_commit_of_each_change(tmp_path: Path, attnbench: Callable[..., Finished]) -> None:
    """Of a folder of runs; what changed in the machine is said with it."""
    for day in range(1, 17):
        seconds = 0.010 if day < 9 else 0.015
        outcomes = (timed(PLAIN, 0.010 + day * 1e-6), timed(SE, seconds + day * 1e-6))
        torch = "2.11.0" if day < 9 else "2.12.0"
        written(tmp_path / f"{day}", run_of(f"run {day}", *outcomes, day=day, commit=f"c{day}", torch=torch))
    printed = attnbench("history", tmp_path).out
    assert printed == history(tmp_path)
    assert (
        "- ratio to plain of se (block_output) in resnet18_cifar, forward, batch 2, float32, cpu, input 2×3×32×32, 100 "
        "classes: 1.000 to 1.499 (×1.499, p = 0.001) since c9 (run 9; before: c8); torch: 2.11.0 (before), 2.12.0 "
        "(after)"
    ) in printed.splitlines()
    assert "| se        | ratio to plain | ▁▁▁▁▁▁▁▁████████ |  1.000  |  1.499  | 1       |" in printed.splitlines()
    rows = list(csv.DictReader(io.StringIO(attnbench("history", tmp_path, "--format", "csv").out)))
    assert len(rows) == 48
    assert {(row["quantity"], row["commit"]) for row in rows if row["changed"] == "True" and "se" in row.values()} == {
        *(("ratio to plain", "c9"), ("latency", "c9")),
    }


def test_a_history_for_github_is_the_newest_run(both: tuple[Path, Path], attnbench: Callable[..., Finished]) -> None:
    """In the layout that github-action-benchmark reads; stable names, and only what is better the smaller it is."""
    entries = json.loads(attnbench("history", *both, "--format", "github").out)
    assert {frozenset(entry) for entry in entries} == {
        *(frozenset({"name", "unit", "value", "extra"}), frozenset({"name", "unit", "value", "extra", "range"})),
    }
    where = "resnet18_cifar, forward, batch 2, float32, cpu, input 2×3×32×32, 100 classes"
    (size,) = (entry for entry in entries if entry["name"] == f"complexity: se (block_output) in {where}: parameters")
    assert (size["value"], size["unit"], size["extra"]) == (
        *(700, "parameter", "commit bbbb\nrun after\nlast change: since bbbb"),
    )
    (time,) = (entry for entry in entries if entry["name"] == f"latency: (none) in {where}: latency")
    assert (time["value"], time["unit"], time["range"]) == (0.02, "s", "± 0.0%")


def test_a_damaged_run_below_a_folder_is_left_out(both: tuple[Path, Path]) -> None:
    """With a warning; one that is named is an error."""
    (both[1] / "run.json").write_text("{")
    with pytest.warns(StoreWarning, match=r"left out: .*run.json: is not JSON"):
        assert "1 run over time" in history(both[0].parent)
    with pytest.raises(front_door.StoreError, match="is not JSON"):
        history(both[1])


def test_a_history_of_nothing_is_refused(tmp_path: Path) -> None:
    """As is a p-value that is none."""
    with pytest.raises(UsageError, match="no run there; give folders that attnbench run wrote"):
        history(tmp_path)
    with pytest.raises(UsageError, match="a p-value of 1 is not possible"):
        history(BEFORE, p_value=1.0)


def test_a_run_goes_out_and_comes_back(
    both: tuple[Path, Path], tmp_path: Path, attnbench: Callable[..., Finished]
) -> None:
    """With the same samples; pytest-benchmark's own program reads the file, in groups."""
    file = tmp_path / "out.json"
    assert attnbench("export", "--pytest-benchmark", both[0], "--out", file).status == 0
    shown = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert "benchmark 'latency: resnet18_cifar 2x3x32x32 100classes float32 cpu forward': 2 tests" in shown.stdout
    assert "latency[resnet18_cifar-se-block_output-2x3x32x32-100classes-float32-cpu-forward]" in shown.stdout
    back = attnbench("import", file, "--out", tmp_path / "back")
    assert back.status == 0, back.err
    assert load(tmp_path / "back").outcomes == BEFORE.outcomes[:2]
    assert (tmp_path / "back" / "report.md").exists()


def test_what_cannot_be_exchanged_is_refused_in_a_line(tmp_path: Path, attnbench: Callable[..., Finished]) -> None:
    """Sizes for a program that knows times, a file that is not there, an export without a format."""
    sizes = written(tmp_path / "sizes", run_of("sizes", COUNTED))
    assert attnbench("export", "--pytest-benchmark", sizes).err == (
        "attnbench: sizes has no latencies, and pytest-benchmark knows nothing else; export a run of the suite "
        "latency\n"
    )
    missing = attnbench("import", tmp_path / "none.json")
    assert missing.status == 2
    assert missing.err == (
        f"attnbench: cannot read {tmp_path / 'none.json'}: No such file or directory; give what pytest "
        "--benchmark-json wrote\n"
    )
    assert "--pytest-benchmark" in attnbench("export", sizes).err
