"""Counts and bytes -> cells of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .outcomes import Measured
from .sizes import Complexity, Memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .outcomes import Outcome
    from .rows import Columns, Row
    from .sizes import Count, CountFailure

MEMORY_COLUMNS: Columns = dict.fromkeys(Memory.__struct_fields__, "Int64")


def count_column(count: Count | CountFailure) -> str:
    """Return the name of a counting rule's column: ``madds_torchstat``."""
    return f"{count.unit.lower()}s_{count.rule}"


def complexity_columns(outcomes: Iterable[Outcome]) -> Columns:
    """Return the parameters, and one column a counting rule, in the order they were used."""
    found = [
        outcome.result
        for outcome in outcomes
        if isinstance(outcome, Measured) and isinstance(outcome.result, Complexity)
    ]
    names = (
        *(count_column(count) for each in found for count in each.counts),
        *(count_column(failure) for each in found for failure in each.failures),
    )
    counts = dict.fromkeys(names, "Int64")
    return {"parameters": "Int64"} | counts


def complexity_cells(complexity: Complexity) -> Row:
    """Return what a row says of sizes."""
    cells: Row = {count_column(count): count.total for count in complexity.counts}
    errors = "; ".join(f"{failure.rule}: {failure.error}" for failure in complexity.failures)
    return cells | {"parameters": complexity.parameters} | ({"error": errors} if errors else {})


def memory_cells(memory: Memory) -> Row:
    """Return what a row says of bytes."""
    return {name: getattr(memory, name) for name in MEMORY_COLUMNS}
