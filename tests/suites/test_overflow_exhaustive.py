"""The frontier against a search that leaves no number out."""

from __future__ import annotations

import pytest
import torch

from attn_impls import Family, builtin
from bench.numerics.frontier import Searched, find_frontiers
from bench.numerics.grid import Grid
from bench.numerics.verdict import faults
from results.numerics import Fault
from results.records import Direction
from suites import overflow
from suites.prepare import Preparer
from suites.selection import Selection

KNOWN = builtin()
#: All functions on logits but those of an extra that need not be installed.
FUNCTIONS = [
    name
    for name, spec in KNOWN.specs.items()
    if spec.family in {Family.NORMALIZER, Family.ACTIVATION} and not name.startswith("entmax")
]
ZEROS = {Fault.ZEROS, Fault.VANISHED}


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.BACKWARD], ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_failure_hides_between_the_powers_that_are_scanned(name: str, direction: Direction) -> None:
    """Of all numbers of float16, none nearer to 0 than the frontier fails: neither by NaN or inf, nor by its sum.

    Zeros may be exact: which of them are wrong the search decides with another precision's help.
    """
    selection = Selection(implementations=(name,), hosts=(), dtypes=("float16",), directions=(direction,))
    (case,) = [case for case in overflow.cases(selection, KNOWN) if case.shape == (1, 2)]
    searched = Preparer()(case)
    assert isinstance(searched, Searched)
    found = {frontier.pattern: frontier for frontier in find_frontiers(searched)}
    grid = Grid(torch.float16)
    for pattern in searched.patterns:
        if not pattern.grows:
            continue
        last = grid.index(pattern.limit(grid.largest))
        magnitudes = torch.arange(last + 1, dtype=torch.int16).view(torch.float16).double()
        rows = torch.where(torch.isfinite(pattern.unit), pattern.unit * magnitudes[:, None], pattern.unit)
        judged = faults(searched.function(list(rows)), searched.sums, backward=direction is Direction.BACKWARD)
        first = next((index for index, fault in enumerate(judged) if fault is not None and fault not in ZEROS), None)
        frontier = found[pattern.name]
        if first is None:
            assert frontier.failure is None or frontier.failure in ZEROS, pattern.name
        else:
            assert frontier.threshold is not None, pattern.name
            assert abs(frontier.threshold) <= float(magnitudes[first]), pattern.name
        if frontier.failure is not None and frontier.failure not in ZEROS:
            assert frontier.threshold is not None
            assert abs(frontier.threshold) == float(magnitudes[first or 0]), pattern.name
