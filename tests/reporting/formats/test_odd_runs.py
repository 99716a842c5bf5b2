"""Runs without figures, with one, cut off, or of a device that says nothing: each is a report that can be read."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attnbench import report
from attnbench.reports import FORMATS
from results.records import Failed, FailureKind, Latency, Measured, Skipped, Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Environment, Outcome, Run, Samples

    MakeRun = Callable[..., Run]

PDFLATEX = shutil.which("pdflatex")
CAUSE = "ValueError: no"
KINDS = ("nothing reached", "nothing measured", "one record", "GPU that says nothing", "half finished")


@pytest.fixture
def runs(
    make_run: MakeRun,
    make_samples: Callable[..., Samples],
    outcomes: Callable[..., tuple[Outcome, ...]],
    gpu_environment: Environment,
    host: Case,
) -> dict[str, Run]:
    """Return a run of each kind."""
    se = replace(host, implementation="se", slot="block_output")
    on_gpu = replace(host, device="cuda", threads=None)
    silent = Latency(samples=make_samples([0.5]), telemetry=Telemetry(unwatched=1))
    every = outcomes()
    return {
        "nothing reached": make_run(pending=(host, se)),
        "nothing measured": make_run(
            Failed(case=host, kind=FailureKind.EXCEPTION, error=CAUSE), Skipped(case=se, reason=CAUSE)
        ),
        "one record": make_run(Measured(case=host, result=Latency(samples=make_samples([0.5])))),
        "GPU that says nothing": make_run(Measured(case=on_gpu, result=silent), environment=gpu_environment),
        "half finished": make_run(*every[: len(every) // 2], pending=[each.case for each in every[len(every) // 2 :]]),
    }


#: What stands in each report, whatever its format.
COUNTED = {
    "nothing reached": "2 cases: 0 measured, 0 failed, 0 skipped, 2 not reached",
    "nothing measured": "2 cases: 0 measured, 1 failed, 1 skipped",
    "one record": "1 case: 1 measured, 0 failed, 0 skipped",
    "GPU that says nothing": "1 case: 1 measured, 0 failed, 0 skipped",
    "half finished": "13 cases: 5 measured, 1 failed, 0 skipped, 7 not reached",
}
#: One of its lines, cell by cell.
ROW = {
    "nothing reached": ("latency", "2", "2"),
    "nothing measured": ("latency", CAUSE),
    "one record": ("(none)", "500", "ms"),
    "GPU that says nothing": ("(none)", "500", "ms"),
    "half finished": ("mine", "failed"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "csv"])
def test_a_report_can_be_read(runs: dict[str, Run], kind: str, format_: str) -> None:
    """It says how many cases there are and what came of them, and has what is known."""
    text = report(runs[kind], format_)
    assert COUNTED[kind] in text
    position = 0
    for piece in ROW[kind]:
        position = text.index(piece, position)


@pytest.mark.parametrize("kind", KINDS)
def test_a_csv_can_be_read(runs: dict[str, Run], kind: str) -> None:
    """A line an outcome, with its status and its cause; of one without any the names of the columns."""
    run = runs[kind]
    header, *lines = report(run, "csv").splitlines()
    assert len(lines) == len(run.outcomes)
    assert {"suite", "implementation", "status"} <= set(header.split(","))
    assert sum(CAUSE in line for line in lines) == (2 if kind == "nothing measured" else 0)
    assert all(report(run, "csv", suite).startswith("suite,implementation,") for suite in run.plan.suites)


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed: apt-get install texlive-science")
def test_pdflatex_typesets_them(runs: dict[str, Run], tmp_path: Path) -> None:
    """A report without a table too."""
    assert PDFLATEX is not None
    for index, (kind, run) in enumerate(runs.items()):
        (tmp_path / f"{index}.tex").write_text(report(run, "tex"), encoding="utf-8")
        done = subprocess.run(
            [PDFLATEX, "-halt-on-error", "-interaction=nonstopmode", f"{index}.tex"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (kind, done.stdout[-1500:])
