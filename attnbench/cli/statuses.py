"""What commands that measure have in common: where their runs go, and when they have failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from results.records import Run

#: Where runs go unless --out says otherwise, below the folder in which the user stands.
RUNS = Path("results", "runs")

NOTHING_MEASURED_STATUS = 1


def status_of(run: Run) -> int:
    """Return the exit status: a script must not take a run without a single figure for a good one."""
    from results.records import Measured

    return 0 if any(isinstance(outcome, Measured) for outcome in run.outcomes) else NOTHING_MEASURED_STATUS
