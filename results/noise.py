"""Which noise floor stands beside a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import Measured

if TYPE_CHECKING:
    from .records import Case, NoiseFloor, Run


def noise_floor_of(run: Run, case: Case) -> NoiseFloor | None:
    """Return the noise floor of the case's device, timing and kind, or None if none was measured.

    Of several sessions the largest: a table holds samples of all of them.
    """
    kinds = {None, case.subject}
    found = [
        floor
        for floor in run.noise_floors
        if (floor.device, floor.timing) == (case.device, case.timing) and floor.subject in kinds
    ]
    if found:
        return max(found, key=lambda floor: floor.relative)
    first = _first_timed(run)
    same = first is not None and (first.device, first.timing) == (case.device, case.timing)
    return run.noise_floor if same else None


def _first_timed(run: Run) -> Case | None:
    """Return the case whose device an older version measured the noise of."""
    timed = {each.case.suite for each in run.outcomes if isinstance(each, Measured) and each.samples is not None}
    return next((case for case in run.plan.cases if case.suite in timed), None)
