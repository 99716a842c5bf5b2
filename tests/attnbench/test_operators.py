"""Promises of what times the functions of the PSK paper's Table 4."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

import results
from bench import limits
from results.records import Direction, Logits, Measured
from suites import operators

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attnbench.conftest import Finished


@pytest.fixture(autouse=True)
def _few_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time what torch.compile has no part in, on small shapes: the way is the same."""
    monkeypatch.setattr(operators, "FUNCTIONS", ("softmax", "softmax/fused", "hard_softmax/fused"))
    monkeypatch.setattr(operators, "COMPILED", frozenset())
    monkeypatch.setattr(operators, "LOGITS", (Logits(shape=(16, 50), dim=1),))
    monkeypatch.setattr(limits, "available_bytes", lambda: 0)


def test_published_first_then_measured_then_the_answer(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """What the paper printed, the answer, and tables over all shapes; the run is kept."""
    finished = attnbench(
        *("paper", "psk", "--table", "4", "--ops", "--device", "cpu", "--threads", 1, "--budget", 0.3),
        *("--out", tmp_path / "run"),
    )
    assert finished.status == 0
    assert finished.out.startswith("## Zhu et al. 2021, Table 4 (speed), as published\n")
    order = [
        "Is a HardSoftmax that is made as well as PyTorch's softmax faster, as Zhu et al. 2021 conjecture?",
        "Rule against rule, the fused HardSoftmax takes",
        "logit functions, all shapes, forward, float32, cpu",
        "logit functions, all shapes, forward+backward, float32, cpu",
    ]
    places = [finished.out.index(each) for each in order]
    assert places == sorted(places)
    run = results.load(tmp_path / "run")
    assert all(isinstance(outcome, Measured) for outcome in run.outcomes)
    # Five shapes, a copy and three functions, both directions.
    assert len(run.outcomes) == 5 * 4 * 2
    assert [floor.device for floor in run.noise_floors] == ["cpu", "cpu"]
    assert "## Logit functions" in (tmp_path / "run" / "report.md").read_text()


@pytest.mark.usefixtures("in_this_process")
def test_as_csv_the_measured_ones_alone(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """One header, and nothing but lines of data on stdout."""
    finished = attnbench(
        *("paper", "psk", "--table", "4", "--ops", "--device", "cpu", "--threads", 1, "--budget", 0.3),
        *("--format", "csv", "--out", tmp_path / "run"),
    )
    records = list(csv.DictReader(io.StringIO(finished.out)))
    assert finished.out == (tmp_path / "run" / "operators.csv").read_text()
    assert {record["direction"] for record in records} == {Direction.FORWARD, Direction.FORWARD_BACKWARD}
    assert all(float(record["bytes_per_s"]) > 0 for record in records)
