"""From a session of pytest to a run, and back to a file that pytest-benchmark reads."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from attnbench import import_benchmarks, load
from results.records import Complexity, FeatureMap, Latency, Measured
from suites.complexity import count, size_of
from suites.registries import registry_with
from suites.request import plan, requested

from .conftest import MINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..conftest import Finished

#: What pytest is asked for, as the command line and as Python have it.
OPTIONS = [
    *("--suite=latency", "--host=none", "--impl=se", "--impl=eca", "--direction=forward", "--device=cpu"),
    *("--image-size=8", "--batch-size=2", "--batch-size=3", "--threads=1"),
]
CHOSEN = {
    "hosts": ["none"],
    "impls": ["se", "eca"],
    "directions": ["forward"],
    "devices": ["cpu"],
    "image_size": 8,
    "batch_sizes": [2, 3],
    "threads": 1,
}
#: A benchmark of somebody who knows the keys, and one of somebody who does not.
FOREIGN = """
def test_foreign(benchmark):
    shape = {"batch": 4, "channels": 64, "height": 32, "width": 32}
    benchmark.extra_info["attnbench"] = {"case": {"subject": "module", "implementation": "foreign", "input": shape}}
    benchmark(sum, range(100))

def test_unknown(benchmark):
    benchmark(sum, range(100))
"""


def test_a_session_becomes_a_run_and_a_file_again(
    tmp_path: Path, in_folder: Callable[..., subprocess.CompletedProcess[str]], attnbench: Callable[..., Finished]
) -> None:
    """The very cases, samples and sizes; exported, each stands beside itself in pytest-benchmark's comparison."""
    (tmp_path / "test_mine.py").write_text(MINE)
    (tmp_path / "test_foreign.py").write_text(FOREIGN)
    session, folder, again = tmp_path / "session.json", tmp_path / "run", tmp_path / "again.json"
    arguments = (f"--benchmark-json={session}", "--benchmark-max-time=0.001", "--benchmark-min-rounds=3")
    done = in_folder(tmp_path, "--attnbench", *OPTIONS, *arguments, "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr

    came_in = attnbench("import", session, "--out", folder)
    assert came_in.status == 0, came_in.err
    assert "test_foreign.py::test_unknown has no extra_info" in came_in.err
    assert "test_foreign.py::test_foreign" not in came_in.err
    run = load(folder)
    timed = run.index.results(run.plan.cases, Latency)
    planned = plan(requested(["latency"], CHOSEN))[1]
    assert len(planned) == 4
    assert [case.implementation for case in timed] == ["foreign", "Mine", *(case.implementation for case in planned)]
    assert list(timed)[2:] == list(planned)
    benchmarks = json.loads(session.read_text())["benchmarks"]
    seconds = [tuple(each["stats"]["data"]) for each in benchmarks if each["name"] != "test_unknown"]
    assert [found.samples.seconds for found in timed.values()] == seconds
    assert run.environment.threads == 1

    mine, *sizes = (outcome for outcome in run.outcomes if outcome.case.suite == "complexity")
    assert mine.case.input == FeatureMap(batch=1, channels=64, height=16, width=16)
    assert isinstance(mine, Measured)
    assert mine.result == Complexity(parameters=64, counts=())
    counted = dict.fromkeys(map(size_of, planned))
    assert sizes == [Measured(case=case, result=count(case, registry_with(()))) for case in counted]

    assert attnbench("export", "--pytest-benchmark", folder, "--out", again).status == 0
    assert import_benchmarks(again).outcomes == run.outcomes[: len(timed)]
    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(session), str(again)]
    compared = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    for batch in (2, 3):
        group = f"benchmark 'latency: module {batch}x64x8x8 float32 cpu forward': 4 tests"
        _, _, table = compared.stdout.partition(group)
        name = f"latency[module-{{}}-{batch}x64x8x8-float32-cpu-forward]"
        lines = table.partition("\n\n")[0].splitlines()
        assert sum(line.startswith(name.format("se")) for line in lines) == 2
        assert sum(line.startswith(name.format("eca")) for line in lines) == 2
