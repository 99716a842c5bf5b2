from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from results.records import Failed, Measured

if TYPE_CHECKING:
    import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_every_way_to_fail_is_an_outcome_and_the_sweep_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten implementations that fail, each in another way, among thirty good ones: forty outcomes, ten causes."""
    monkeypatch.chdir(tmp_path)
    faults = runpy.run_path(str(BENCHMARKS / "faults.py"))
    run = faults["sweep"](tmp_path / "run", budget_s=0.01, time_limit_s=10.0)
    causes = {
        outcome.case.implementation: outcome.kind.value for outcome in run.outcomes if isinstance(outcome, Failed)
    }
    assert causes == faults["expected_kinds"]()
    measured = {outcome.case.implementation for outcome in run.outcomes if isinstance(outcome, Measured)}
    assert measured == {f"good/{index:02}" for index in range(30)}
    # What a process wrote before it was killed is quoted.
    hang = next(outcome for outcome in run.outcomes if outcome.case.implementation == "bad/Hangs")
    assert isinstance(hang, Failed)
    assert "about to sleep" in hang.traceback
