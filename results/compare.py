"""Which cases belong in one table: those that differ in nothing but what is compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .records import Case


def comparison_group(case: Case) -> Case:
    """Return the case without its implementation: equal results belong in one table and in one block of rounds."""
    return replace(case, implementation="", source="", options=(), slot=None)
