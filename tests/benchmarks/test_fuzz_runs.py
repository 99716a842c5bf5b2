"""Promises of reading a run that was damaged by chance, for a few of the ways that ``fuzz_runs.py`` tries."""

from __future__ import annotations

from fuzz_runs import fuzz


def test_no_damage_ends_in_a_traceback_or_reaches_outside() -> None:
    """Each mutation is refused in a line, noticed, or makes another run that can be read."""
    counts, broken = fuzz(40, seed=1)
    assert broken == []
    assert counts["mutations"] == 40
    assert counts["refused"] > 40
